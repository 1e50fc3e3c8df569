package plugin

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// stateVariable is set by the command line (stacks.StateVariable).
const stateVariable = "RAMPART_STATE"

// phase says how far the making of a cluster got.
type phase string

const (
	// phaseCreating stands in the journal from before the first thing is made until all of it stands. Whoever finds it,
	// with nobody holding the directory's lock, finds the remains of an interrupted run.
	phaseCreating phase = "creating"

	// phaseComplete stands in the journal as long as the cluster does.
	phaseComplete phase = "complete"

	// phaseDeleting stands in the journal from before the first thing is removed until the journal goes, last of all.
	phaseDeleting phase = "deleting"
)

// journal is what the plugin remembers about a cluster beside the state: an engine that dies before it records a result
// has no state of it. It holds no secrets.
type journal struct {
	// URN is the resource that the cluster was made for.
	URN string `json:"urn"`

	// State is the backend of the state that the resource is in, as far as whoever started the engine has said.
	State string `json:"state,omitempty"`

	// Name is the cluster's name and Engine holds its containers.
	Name   string `json:"name"`
	Engine string `json:"engine"`

	Phase phase `json:"phase"`

	// InputsHash tells whether the cluster was made from the same inputs, its secret files included.
	InputsHash string `json:"inputsHash"`

	// Inputs are the inputs without the files, so that an import knows them.
	Inputs ClusterArgs `json:"inputs"`

	// Upgrading is the version of Kubernetes that an upgrade has begun to bring the control plane to and has not ended with.
	Upgrading string `json:"upgrading,omitempty"`

	// Leaving are the workers that an update has begun to send away and has not ended with, and whether it was the update that
	// closed them to pods, and not their administrator.
	Leaving map[string]bool `json:"leaving,omitempty"`

	// ClusterID is set when the cluster is complete.
	ClusterID string `json:"clusterId,omitempty"`
}

// newJournal begins the journal of a cluster that is about to be made.
func newJournal(urn, engine string, args ClusterArgs) journal {
	inputs := args
	inputs.ControlPlaneFiles = nil
	return journal{
		URN: urn, State: os.Getenv(stateVariable), Name: args.Name, Engine: engine, Phase: phaseCreating,
		InputsHash: inputsHash(args), Inputs: inputs,
	}
}

// inputsHash tells one cluster's inputs from another's. Where the image comes from makes no difference, nor does what may
// become of the cluster later.
func inputsHash(args ClusterArgs) string {
	args.ImageArchive, args.ImageID, args.AllowReplacement = nil, nil, nil
	// Normalise what may or may not have been defaulted.
	engine, workers, port := args.engine(), args.workers(), args.apiServerPort()
	args.Engine, args.Workers, args.APIServerPort = &engine, &workers, &port
	// Marshalling strings, numbers and a map of strings cannot fail, and sorts the map's keys.
	encoded, _ := json.Marshal(args)
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:])
}

// readJournal returns the journal in a cluster's directory, and whether there is one.
func readJournal(directory string) (journal, bool, error) {
	if directory == "" {
		return journal{}, false, nil // an imported cluster that was not made here
	}
	name := filepath.Join(directory, journalName)
	content, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return journal{}, false, nil
	}
	if err != nil {
		return journal{}, false, fmt.Errorf("reading the cluster's journal: %w", err)
	}
	var found journal
	if err := json.Unmarshal(content, &found); err != nil {
		return journal{}, false, fmt.Errorf("reading the cluster's journal %s: %w", name, err)
	}
	return found, true, nil
}

// changeJournal changes the journal in a cluster's directory, if there is one. The change says whether there is any.
func changeJournal(directory string, change func(found *journal) bool) error {
	found, ok, err := readJournal(directory)
	if err != nil || !ok || !change(&found) {
		return err
	}
	return found.write(directory)
}

// noteUpgrade puts into the journal to which version an upgrade is under way, "" for none. The journal of a cluster that
// stands anew says none.
func noteUpgrade(directory, version string) error {
	return changeJournal(directory, func(found *journal) bool {
		changes := found.Upgrading != version
		found.Upgrading = version
		return changes
	})
}

// noteDeleting puts into the journal that the cluster is being deleted.
func noteDeleting(state ClusterState) error {
	return changeJournal(state.Directory, func(found *journal) bool {
		changes := found.ClusterID == state.ClusterID && found.Phase != phaseDeleting
		if changes {
			found.Phase = phaseDeleting
		}
		return changes
	})
}

// noteLeaving puts into the journal that a worker is being sent away, and whether it is open to pods. What an earlier run has
// noted of it stays, and is what counts: it returns whether the worker was open before all of that.
func noteLeaving(directory, worker string, isOpen bool) (wasOpen bool, err error) {
	wasOpen = isOpen
	return wasOpen, changeJournal(directory, func(found *journal) bool {
		if noted, leaving := found.Leaving[worker]; leaving {
			wasOpen = noted
			return false
		}
		if found.Leaving == nil {
			found.Leaving = map[string]bool{}
		}
		found.Leaving[worker] = isOpen
		return true
	})
}

// forgetLeaving takes a worker out of the journal that stays after all.
func forgetLeaving(directory, worker string) error {
	return changeJournal(directory, func(found *journal) bool {
		_, leaving := found.Leaving[worker]
		delete(found.Leaving, worker)
		return leaving
	})
}

// write puts the journal into a cluster's directory.
func (j journal) write(directory string) error {
	content, err := json.MarshalIndent(j, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the cluster's journal: %w", err)
	}
	return writeFile(filepath.Join(directory, journalName), append(content, '\n'))
}
