package attacks

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/cis"
	"github.com/rampart-iac/rampart/verify/live"
)

// noCapabilities is how the kernel writes that a process has none.
const noCapabilities = "0000000000000000"

// identity is whose a process is and what it may do beyond that, as the kernel says.
type identity struct{ user, capabilities string }

// identityOf reads the effective user and capabilities out of /proc/<pid>/status.
func identityOf(status string) (identity, error) {
	var found identity
	for line := range strings.Lines(status) {
		name, values, _ := strings.Cut(line, ":")
		fields := strings.Fields(values)
		switch {
		case name == "Uid" && len(fields) == 4: // real, effective, saved, of files
			found.user = fields[1]
		case name == "CapEff" && len(fields) == 1:
			found.capabilities = fields[0]
		}
	}
	if found.user == "" || found.capabilities == "" {
		return found, fmt.Errorf("the status of a process names no user or no capabilities: %q", status)
	}
	return found, nil
}

// identify asks a node about one of its processes.
func identify(ctx context.Context, node *live.Node, pid int) (identity, error) {
	status, err := node.Exec(ctx, "cat", fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return identity{}, err
	}
	return identityOf(status)
}

// etcdUser looks at the processes of etcd. The owner of its files, which an item of the benchmark is about, says little if the
// process is root's: it could open everything else on the node, too.
func etcdUser(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	const control = "RMP-DAT-005"
	node := scope.ControlPlane()
	first, err := identify(ctx, node, 1)
	if err == nil && (first.user != "0" || first.capabilities == noCapabilities) {
		err = fmt.Errorf("it shows as user %s with capabilities %s", first.user, first.capabilities)
	}
	if err := trial.Control("the node's first process shows as root, with capabilities", err); err != nil {
		return err
	}
	processes, err := cis.ByCommand(node.Exec).Processes(ctx)
	if err != nil {
		return err
	}
	processes = slices.DeleteFunc(processes, func(process cis.Process) bool { return path.Base(process.Args[0]) != "etcd" })
	if len(processes) == 0 {
		return fmt.Errorf("no process of etcd runs on node %s", node.Name)
	}
	owner, err := node.Exec(ctx, "stat", "--format=%u", etcdDataDir)
	if err != nil {
		return err
	}
	owner = strings.TrimSpace(owner)
	for _, process := range processes {
		of, err := identify(ctx, node, process.PID)
		if err != nil {
			return err
		}
		if fault := of.fault(owner); fault != "" {
			trial.Broken(control, "etcd (process %d on %s) %s", process.PID, node.Name, fault)
			continue
		}
		trial.Held(control, "etcd runs as user %s, whose its data is, without capabilities", of.user)
	}
	return nil
}

// fault says what is wrong with etcd being that, if its data is owned by a user.
func (i identity) fault(owner string) string {
	switch uid, err := strconv.Atoi(i.user); {
	case err != nil || uid == 0:
		return "runs as root"
	case i.user != owner:
		return fmt.Sprintf("runs as user %s, and its data is user %s's", i.user, owner)
	case i.capabilities != noCapabilities:
		return fmt.Sprintf("has capabilities beyond its user %s: %s", i.user, i.capabilities)
	}
	return ""
}
