package plugin

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// unitTypes are the kinds of units that a node may get.
var unitTypes = []string{".service", ".path", ".timer", ".socket", ".target", ".slice"}

// unitsDirectory is the host folder that holds the systemd units of the nodes of a role.
func unitsDirectory(directory, role string) string {
	return filepath.Join(directory, unitsName, role)
}

// unitOf returns the unit that a file is about, from its path in the folder of units: the unit itself, or the one that it
// is a drop-in of. It returns "" for a file that systemd would not read.
func unitOf(name string) string {
	folder, file, inside := strings.Cut(name, "/")
	unit := folder
	if inside {
		unit = strings.TrimSuffix(folder, ".d")
		if unit == folder || strings.Contains(file, "/") || !strings.HasSuffix(file, ".conf") {
			return ""
		}
	}
	extension := filepath.Ext(unit)
	if !slices.Contains(unitTypes, extension) || unit == extension {
		return ""
	}
	return unit
}

// unitChange is what a node's systemd has to do after its units have changed.
type unitChange struct {
	// restart are units that there are, stop those that there are no longer.
	restart, stop []string
}

func (c unitChange) empty() bool { return len(c.restart) == 0 && len(c.stop) == 0 }

// changedUnits compares two sets of units.
func changedUnits(old, units map[string]string) unitChange {
	names := map[string]bool{}
	for _, name := range slices.Concat(sortedKeys(old), sortedKeys(units)) {
		before, had := old[name]
		after, has := units[name]
		if had != has || before != after {
			names[unitOf(name)] = true
		}
	}
	var change unitChange
	for _, unit := range sortedKeys(names) {
		_, had := old[unit]
		_, has := units[unit]
		if had && !has {
			change.stop = append(change.stop, unit)
		} else {
			change.restart = append(change.restart, unit)
		}
	}
	return change
}

// add joins what two comparisons with the same new units have found.
func (c unitChange) add(other unitChange) unitChange {
	union := func(a, b []string) []string {
		all := slices.Concat(a, b)
		slices.Sort(all)
		return slices.Compact(all)
	}
	return unitChange{restart: union(c.restart, other.restart), stop: union(c.stop, other.stop)}
}

// syncUnits writes the units of all roles to the host's folders, and the programs that they start. It returns how the
// units differ from what stood there.
func syncUnits(args ClusterArgs) (map[string]unitChange, error) {
	if err := syncPrograms(programsDirectory(args.Directory), args.ControlPlanePrograms); err != nil {
		return nil, err
	}
	changes := map[string]unitChange{}
	for _, role := range []string{roleControlPlane, roleWorker} {
		folder := unitsDirectory(args.Directory, role)
		present, err := readFiles(folder)
		if err != nil {
			return nil, err
		}
		if _, err := syncFiles(folder, args.units(role)); err != nil {
			return nil, err
		}
		changes[role] = changedUnits(present, args.units(role))
	}
	return changes, nil
}

// reloadUnits has every node's systemd take up what has changed since the files were written, or since the state was: an
// update may have been interrupted between the two.
func reloadUnits(
	ctx context.Context, engine client, nodes []nodeContainer, state, args ClusterArgs, written map[string]unitChange,
) error {
	for _, node := range nodes {
		change := written[node.Role].add(changedUnits(state.units(node.Role), args.units(node.Role)))
		if change.empty() {
			continue
		}
		progressOf(ctx).InfoStatus(fmt.Sprintf("Restarting units on %s: %s", node.Name,
			strings.Join(slices.Concat(change.restart, change.stop), ", ")))
		if err := engine.reloadUnits(ctx, node.Name, change); err != nil {
			return err
		}
	}
	return nil
}

// readUnits returns the units of a role as they stand on the host; nil stays nil where there are none.
func readUnits(directory, role string, known map[string]string) (map[string]string, error) {
	units, err := readFiles(unitsDirectory(directory, role))
	if err != nil {
		return nil, err
	}
	if len(units) == 0 && len(known) == 0 {
		return known, nil
	}
	return units, nil
}

func (k *kindClient) reloadUnits(ctx context.Context, node string, change unitChange) error {
	run := func(args ...string) error {
		_, err := k.engine.run(ctx, append([]string{"exec", "--privileged", node, "systemctl"}, args...)...)
		if err != nil {
			return fmt.Errorf("changing the units of %s: %w", node, err)
		}
		return nil
	}
	if len(change.stop) > 0 {
		if err := run(append([]string{"stop"}, change.stop...)...); err != nil {
			return err
		}
	}
	if err := run("daemon-reload"); err != nil {
		return err
	}
	if len(change.restart) == 0 {
		return nil
	}
	return run(append([]string{"restart"}, change.restart...)...)
}
