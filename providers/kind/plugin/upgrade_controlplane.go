package plugin

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"
)

// patchesFolder returns the folder that kubeadm was told to take patches of its pods from. An upgrade makes the pods anew and
// must be told so again.
func patchesFolder(patches []string) (string, error) {
	for _, text := range patches {
		var patch struct {
			Kind    string `json:"kind"`
			Patches struct {
				Directory string `json:"directory"`
			} `json:"patches"`
		}
		if err := yaml.Unmarshal([]byte(text), &patch); err != nil {
			return "", fmt.Errorf("understanding a kubeadm patch: %w", err)
		}
		if patch.Kind == "InitConfiguration" && patch.Patches.Directory != "" {
			return patch.Patches.Directory, nil
		}
	}
	return "", nil
}

// settle waits for what an earlier run has started on the control plane, and gives the API server that is there the files that
// it understands: those of a newer version may name what an older one has not got.
func (u *upgrade) settle(ctx context.Context) error {
	_, err := u.engine.exec(ctx, u.controlPlane, nil, "sh", "-euc", `[ ! -e "$1" ] || flock "$1" true`, "sh", u.folder()+"/lock")
	if err != nil {
		return err
	}
	files := u.args.ControlPlaneFiles
	if u.isOld(ctx) {
		files = u.oldFiles
	}
	return u.giveFiles(files)
}

// isOld says whether the kubelet is still told to run the old API server.
func (u *upgrade) isOld(ctx context.Context) bool {
	manifest, err := u.engine.nodeFile(ctx, u.controlPlane, manifestFile)
	return err == nil && strings.Contains(manifest, "kube-apiserver:"+u.from+"\n")
}

func (u *upgrade) giveFiles(files map[string]string) error {
	changed, err := syncFiles(filesDirectory(u.args.Directory), files)
	u.changed = append(u.changed, changed...)
	return err
}

// plan changes nothing: kubeadm looks at the versions, and has a pod run.
func (u *upgrade) plan(ctx context.Context) error {
	if u.marked(ctx, u.controlPlane, "applied") {
		return nil
	}
	return u.kubeadm(ctx, u.controlPlane, "planned", "upgrade", "plan", u.to, ignoredChecks)
}

func (u *upgrade) apply(ctx context.Context) error {
	if u.marked(ctx, u.controlPlane, "applied") {
		return nil
	}
	command := []string{"upgrade", "apply", u.to, "--yes", ignoredChecks}
	if u.patches != "" {
		command = append(command, "--patches", u.patches)
	}
	// From here on the cluster is no longer what the state says it is.
	if err := noteUpgrade(u.args.Directory, u.to); err != nil {
		return err
	}
	if err := u.giveFiles(u.args.ControlPlaneFiles); err != nil {
		return err
	}
	if err := u.kubeadm(ctx, u.controlPlane, "applied", command...); err != nil {
		if ctx.Err() == nil && u.isOld(ctx) { // kubeadm has put everything back
			err = errors.Join(err, u.giveFiles(u.oldFiles), noteUpgrade(u.args.Directory, ""))
		}
		return err
	}
	u.applied = true
	return u.engine.waitReady(ctx, u.controlPlane)
}
