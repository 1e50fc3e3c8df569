package road

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/process"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/workspace"
)

// PulumiVersion is the version of the Pulumi CLI that Rampart is tested with. A newer one of the same major version that
// is on the PATH will do.
const PulumiVersion = "3.256.0"

// definitionsFile is the name that Calico's definitions are kept under.
const definitionsFile = "crds.yaml"

// installPulumi puts the Pulumi CLI into the working folder: that of the PATH if it is new enough, or else the pinned one,
// with Pulumi's own installer.
func installPulumi(ctx context.Context, w *workspace.Workspace, progress io.Writer) error {
	path, err := exec.LookPath("pulumi")
	if err == nil && path != w.Tool("pulumi") && recent(ctx, path) {
		fmt.Fprintf(progress, "Using the Pulumi CLI at %s\n", path)
		return link(path, w.Tool("pulumi"))
	}
	fmt.Fprintf(progress, "Installing the Pulumi CLI %s\n", PulumiVersion)
	command, err := auto.InstallPulumiCommand(ctx, &auto.PulumiCommandOptions{
		Version: semver.MustParse(PulumiVersion), Root: filepath.Join(w.Home, "pulumi"),
	})
	if err != nil {
		return fmt.Errorf("installing the Pulumi CLI %s: %w; install it by hand and put it on the PATH, "+
			"or take the air-gapped road (%s=airgap)", PulumiVersion, err, Variable)
	}
	fmt.Fprintf(progress, "Installed the Pulumi CLI %s\n", command.Version())
	return link(filepath.Join(w.Home, "pulumi", "bin", "pulumi"), w.Tool("pulumi"))
}

// recent says whether a Pulumi CLI is at least the pinned version.
func recent(ctx context.Context, path string) bool {
	output, err := process.Output(ctx, process.Command{Path: path, Args: []string{"version"}, Env: append(os.Environ(),
		"PULUMI_SKIP_UPDATE_CHECK=true")})
	if err != nil {
		return false
	}
	found, err := semver.ParseTolerant(strings.TrimSpace(string(output)))
	pinned := semver.MustParse(PulumiVersion)
	return err == nil && found.Major == pinned.Major && found.GTE(pinned)
}

// link makes a symbolic link, in place of what is there. The CLI looks for its language hosts beside the file that the
// link leads to.
func link(to, at string) error {
	if err := os.Remove(at); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("linking the Pulumi CLI: %w", err)
	}
	if err := os.Symlink(to, at); err != nil {
		return fmt.Errorf("linking the Pulumi CLI: %w", err)
	}
	return nil
}

const (
	fetchTimeout = time.Minute
	// largestDefinitions is far more than Calico's definitions have: a page that never ends is not them.
	largestDefinitions = 16 << 20
)

// fetchDefinitions downloads a file, checks it against its hash, and keeps it in a folder.
func fetchDefinitions(ctx context.Context, url, sha256sum, folder string) error {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("fetching Calico's definitions: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("fetching Calico's definitions: %w; or take the air-gapped road (%s=airgap)", err, Variable)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("fetching Calico's definitions: %s answers %s", url, response.Status)
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, largestDefinitions))
	if err != nil {
		return fmt.Errorf("fetching Calico's definitions: %w", err)
	}
	sum := sha256.Sum256(content)
	if got := hex.EncodeToString(sum[:]); got != sha256sum {
		return fmt.Errorf("fetching Calico's definitions: %s has the hash %s, and must have %s: "+
			"something between here and there has changed it", url, got, sha256sum)
	}
	const folderMode, fileMode = 0o700, 0o600
	if err := os.MkdirAll(folder, folderMode); err != nil {
		return fmt.Errorf("keeping Calico's definitions: %w", err)
	}
	if err := os.WriteFile(filepath.Join(folder, definitionsFile), content, fileMode); err != nil {
		return fmt.Errorf("keeping Calico's definitions: %w", err)
	}
	return nil
}
