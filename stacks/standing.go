package stacks

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
)

// StandingCluster is a cluster whose files a working folder holds.
type StandingCluster struct {
	Name string

	// Stack is the one that it was made for, if it is a cluster of containers. Empty: nothing says so.
	Stack string

	// State is the backend of the state that it was made with (StateVariable), if it is a cluster of containers. Empty: nothing
	// says so.
	State string

	// Complete is false of a cluster of containers whose making was cut off.
	Complete bool
}

// journalName is the file in which the plugin notes what a cluster was made for (package providers/kind/plugin).
const journalName = "journal.json"

// FindCluster says what the files of a working folder tell of a cluster, which need not be there.
func FindCluster(home, name string) StandingCluster {
	found := StandingCluster{Name: name}
	content, err := os.ReadFile(filepath.Join(ClusterDirectory(home, name), journalName))
	if err != nil {
		return found
	}
	var journal struct{ URN, Phase, State string }
	// Of a journal that cannot be read the plugin says what is wrong.
	if json.Unmarshal(content, &journal) != nil {
		return found
	}
	if made, err := urn.Parse(journal.URN); err == nil {
		found.Stack, found.State, found.Complete = made.Stack().String(), journal.State, journal.Phase == "complete"
	}
	return found
}

// FindClusters lists the clusters that a working folder holds a certain file of.
func FindClusters(home, file string) ([]StandingCluster, error) {
	paths, err := filepath.Glob(filepath.Join(ClusterDirectory(home, "*"), file))
	if err != nil {
		return nil, fmt.Errorf("listing the clusters of %s: %w", home, err)
	}
	var clusters []StandingCluster
	for _, path := range paths {
		clusters = append(clusters, FindCluster(home, filepath.Base(filepath.Dir(path))))
	}
	return clusters, nil
}

// ClustersOf lists the names of the clusters that were made for a stack from a working folder, half made ones included.
func ClustersOf(home, stack string) ([]string, error) {
	clusters, err := FindClusters(home, journalName)
	var names []string
	for _, each := range clusters {
		if each.Stack == stack {
			names = append(names, each.Name)
		}
	}
	return names, err
}
