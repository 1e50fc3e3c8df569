package framework

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/rampart-iac/rampart/verify"
)

// verifyDeadline is for a whole run on a busy machine.
const verifyDeadline = 5 * time.Minute

// StartVerify starts rampart verify on the installation's stack and does not wait for it.
func (p *Product) StartVerify(more ...string) (*Running, error) {
	return p.Start(p.StackArgs("verify", more...)...)
}

// Verify runs rampart verify to its end and returns what it said, whatever its exit status.
func (p *Product) Verify(ctx context.Context, more ...string) (Result, *verify.Report, error) {
	file, err := os.CreateTemp(p.Dir, "verify-*.json")
	if err != nil {
		return Result{}, nil, err
	}
	if err := file.Close(); err != nil {
		return Result{}, nil, err
	}
	run, err := p.StartVerify(append([]string{"--output", "json", "--file", file.Name()}, more...)...)
	if err != nil {
		return Result{}, nil, err
	}
	result, err := WaitAtMost(ctx, run, verifyDeadline)
	if err != nil {
		return result, nil, err
	}
	text, err := os.ReadFile(filepath.Clean(file.Name()))
	if err != nil {
		return result, nil, err
	}
	report := &verify.Report{}
	if err := json.Unmarshal(text, report); err != nil {
		return result, nil, fmt.Errorf("%w\n%s", err, result)
	}
	return result, report, nil
}
