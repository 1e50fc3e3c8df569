package plugin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// RemoveRemains removes a cluster that no state knows of, because the run that made it was killed: nodes, volumes, network
// and files. The journal in the cluster's directory says which cluster that is, and nothing is removed that the network's
// owner does not show to be of the same directory. It returns the cluster's name, and nothing if there is no journal.
//
// It is not for the engine: it needs no state, and serves people who give up a stack after such a run.
func RemoveRemains(ctx context.Context, directory string) (string, error) {
	return removeRemains(ctx, realEngines{}, directory)
}

func removeRemains(ctx context.Context, engines engines, directory string) (string, error) {
	if _, err := os.Stat(directory); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	unlock, err := lockDirectory(ctx, directory, func() {})
	if err != nil {
		return "", err
	}
	defer unlock()
	found, ok, err := readJournal(directory)
	if err != nil || !ok {
		return "", err
	}
	engine, err := engines.open(ctx, found.Engine)
	if err != nil {
		return "", fmt.Errorf("removing cluster %s: %w", found.Name, err)
	}
	remains := found.Inputs
	remains.Directory = directory
	nodes, err := engine.nodes(ctx, found.Name)
	if err != nil {
		return "", err
	}
	if err := checkOurs(ctx, engine, remains, nodes); err != nil {
		return "", err
	}
	if err := removeSettled(ctx, engine, remains); err != nil {
		return "", err
	}
	return found.Name, removeOurFiles(directory)
}
