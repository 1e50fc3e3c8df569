package plugin

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
)

// faultsError lists everything that keeps a cluster from being made, found before the first thing was made.
type faultsError struct {
	cluster string
	faults  []string
}

func (e faultsError) Error() string {
	if len(e.faults) == 1 {
		return fmt.Sprintf("cluster %s cannot be made: %s", e.cluster, e.faults[0])
	}
	return fmt.Sprintf("cluster %s cannot be made, for %d reasons:\n  - %s",
		e.cluster, len(e.faults), strings.Join(e.faults, "\n  - "))
}

// preflight finds out whether the cluster can be made, without making anything. It returns the engine to make it on, or
// one error with all faults. Inputs that a preview does not know yet are empty and not looked at.
func (c *Cluster) preflight(ctx context.Context, args ClusterArgs, preview bool) (client, error) {
	var faults []string
	engine, err := c.engines.open(ctx, args.engine())
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		faults = append(faults, err.Error())
	} else if _, remains, _ := readJournal(args.Directory); !remains {
		// What a killed run has left is on the disk, and goes before anything is made.
		faults = append(faults, engine.hostFaults(ctx, !preview)...)
	}
	imageFault, err := imageFault(ctx, engine, args)
	if err != nil {
		return nil, err
	}
	faults = append(faults, imageFault...)
	faults = append(faults, programFaults(args.ControlPlanePrograms)...)
	portFaults, err := c.portFaults(ctx, engine, args, preview)
	if err != nil {
		return nil, err
	}
	faults = append(faults, portFaults...)
	if len(faults) > 0 {
		return nil, faultsError{cluster: args.Name, faults: faults}
	}
	return engine, nil
}

// imageFault says whether the image can be had. An image that has to be pulled is known to be there only when it is.
func imageFault(ctx context.Context, engine client, args ClusterArgs) ([]string, error) {
	archive := args.imageArchive()
	if args.Image == "" || archive == "" {
		return nil, nil
	}
	_, err := os.Stat(archive)
	if err == nil {
		return nil, nil
	}
	if engine != nil {
		id, idErr := engine.imageID(ctx, args.Image)
		if idErr != nil {
			return nil, idErr
		}
		if id != "" {
			return nil, nil
		}
	}
	return []string{fmt.Sprintf("the node image %s is neither in the engine nor in its archive %s (%v): build the archive "+
		"again, or leave imageArchive out to pull the image", args.Image, archive, errors.Unwrap(err))}, nil
}

// portFaults says whether the API server's port is free. A port may be held by an interrupted run of this very cluster,
// which is removed before a new one is made; and in a preview by the cluster that is about to be replaced, if one may be.
func (c *Cluster) portFaults(ctx context.Context, engine client, args ClusterArgs, preview bool) ([]string, error) {
	port := args.apiServerPort()
	if port == 0 {
		return nil, nil
	}
	if engine != nil && args.Name != "" {
		nodes, err := engine.nodes(ctx, args.Name)
		if err != nil {
			return nil, err
		}
		if len(nodes) > 0 {
			return nil, nil
		}
	}
	err := c.host.portError(port)
	if err == nil {
		return nil, nil
	}
	fault := fmt.Sprintf("apiServerPort %d on %s is taken: %v; free it, or use 0 for a free one", port, localAddress, err)
	if preview && args.allowReplacement() {
		progressOf(ctx).Warning(fault)
		return nil, nil
	}
	return []string{fault}, nil
}
