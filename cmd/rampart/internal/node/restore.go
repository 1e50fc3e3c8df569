package node

import (
	"context"
	_ "embed" // the script that runs on the node
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/process"
)

//go:embed restore.sh
var restoreScript string

// What a restore is on the node, until the node restarts.
const (
	restoreUnit = "rampart-restore"
	restoreFile = "/run/rampart-restore.sh"
	restoreLog  = "/run/rampart-restore.log"
	restoreNow  = "/run/rampart-restore.phase"

	restorePoll = time.Second
)

// unitFile makes the script a unit of systemd that outlives whoever starts it. The arguments are the script's.
const unitFile = `[Unit]
Description=Rampart puts another data directory in etcd's place
[Service]
Type=oneshot
ExecStart=/bin/sh ` + restoreFile + ` %s
StandardOutput=file:` + restoreLog + `
StandardError=file:` + restoreLog + `
`

// Replace puts the prepared data directory in etcd's place, with the control plane stopped, and starts it again. If the API
// server does not answer then, the old data comes back, and that is an error. It goes on at the node if ctx ends.
func (e *Etcd) Replace(ctx context.Context, phase func(string)) error {
	return e.node.restore(ctx, phase, "restore "+e.data+" "+path.Join(e.data, preparedName, "data"))
}

// Recover waits for a restore that is still at work on the node, and puts the old data back if one was cut off. It says
// whether there was anything to do. The control plane need not run.
func (n Node) Recover(ctx context.Context, phase func(string)) (bool, error) {
	waited := false
	active, err := n.restoring(ctx)
	if err != nil {
		return false, err
	}
	if active {
		waited = true
		// How it ended shows in what it left.
		if err := n.awaitRestore(ctx, phase); err != nil && ctx.Err() != nil {
			return true, err
		}
	}
	data, err := n.Script(ctx, `for m in /etc/kubernetes/manifests/etcd.yaml /etc/kubernetes/rampart-restore/etcd.yaml; do
	[ ! -e "$m" ] || sed -n 's/^ *- --data-dir=//p' "$m"; done`)
	if err != nil {
		return waited, err
	}
	directory := strings.TrimSpace(string(data))
	if directory == "" || strings.ContainsAny(directory, " \n") {
		return waited, fmt.Errorf("the manifests of etcd on %s do not say where its data is", n.Name)
	}
	left, err := n.Script(ctx, `[ ! -e /etc/kubernetes/rampart-restore ] && [ ! -e "$1/rampart-before-restore" ] || echo left`,
		directory)
	if err != nil || len(left) == 0 {
		return waited, err
	}
	return true, n.restore(ctx, phase, "recover "+directory)
}

func (n Node) restore(ctx context.Context, phase func(string), arguments string) error {
	unit := fmt.Sprintf(unitFile, arguments)
	for file, content := range map[string]string{
		restoreFile: restoreScript, "/run/systemd/system/" + restoreUnit + ".service": unit,
	} {
		if err := n.Write(ctx, file, strings.NewReader(content)); err != nil {
			return err
		}
	}
	if _, err := n.Script(ctx, `rm -f "$2" "$3"; systemctl daemon-reload; systemctl reset-failed "$1" 2>/dev/null || true
systemctl start --no-block "$1"`, restoreUnit, restoreLog, restoreNow); err != nil {
		return err
	}
	return n.awaitRestore(ctx, phase)
}

// restoring says whether a restore is at work.
func (n Node) restoring(ctx context.Context) (bool, error) {
	state, err := n.Run(ctx, "systemctl", "show", restoreUnit, "--property=ActiveState", "--value")
	if err != nil {
		return false, err
	}
	switch strings.TrimSpace(string(state)) {
	case "activating", "active", "deactivating":
		return true, nil
	}
	return false, nil
}

func (n Node) awaitRestore(ctx context.Context, phase func(string)) error {
	last := ""
	for {
		active, err := n.restoring(ctx)
		if err != nil {
			return err
		}
		if now, err := n.Script(ctx, `cat "$1" 2>/dev/null || true`, restoreNow); err == nil {
			if text := strings.TrimSpace(string(now)); text != "" && text != last {
				last = text
				phase(text)
			}
		}
		if !active {
			break
		}
		select {
		case <-ctx.Done():
			return process.ErrInterrupted
		case <-time.After(restorePoll):
		}
	}
	out, err := n.Script(ctx, `systemctl show "$1" --property=Result --value; cat "$2"`, restoreUnit, restoreLog)
	if err != nil {
		return err
	}
	result, words, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if result != "success" {
		return errors.New("replacing etcd's data failed: " + strings.ReplaceAll(strings.TrimSpace(words), "\n", "; "))
	}
	return nil
}
