// Package road finds out how the programs and images that a cluster is made of get to this machine, and gets them there.
package road

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/rampart-iac/rampart/stacks"
)

// Variable forces a road.
const Variable = "RAMPART_ROAD"

// Choice is a road and why it was taken.
type Choice struct {
	Road   stacks.Road
	Reason string
}

// Question is what a choice depends on.
type Question struct {
	// Flag is the value of --road, Environment that of Variable. Either may be empty.
	Flag, Environment string

	// Taken is the road that the working folder was filled on. Empty if it was not.
	Taken stacks.Road

	// CacheExists says that air-gapped builds were made on this machine before.
	CacheExists bool

	// Reachable asks whether the registry of the published images answers. It is called only if nothing else decides.
	Reachable func(context.Context) error
}

// Choose decides: what the user says; then what was taken before, so that a cluster is not made anew because the network
// comes or goes; then what is there already; then the network.
func Choose(ctx context.Context, question Question) (Choice, error) {
	for _, forced := range []struct{ name, value string }{
		{"--road", question.Flag}, {Variable, question.Environment},
	} {
		switch road := stacks.Road(forced.value); road {
		case "":
		case stacks.RoadPublished, stacks.RoadAirgap:
			return Choice{road, "forced by " + forced.name}, nil
		default:
			return Choice{}, fmt.Errorf("%s %q: there is no such road: use %s or %s",
				forced.name, forced.value, stacks.RoadPublished, stacks.RoadAirgap)
		}
	}
	if question.Taken != "" {
		return Choice{question.Taken, "taken before by this working folder"}, nil
	}
	if question.CacheExists {
		return Choice{stacks.RoadAirgap, "this machine has air-gapped builds already"}, nil
	}
	if err := question.Reachable(ctx); err != nil {
		return Choice{stacks.RoadAirgap, fmt.Sprintf("the registry of the published images does not answer (%v)", err)}, nil
	}
	return Choice{stacks.RoadPublished, "the registry of the published images answers"}, nil
}

// Registry is where the published node and Calico images are.
const Registry = "https://registry-1.docker.io/v2/"

// probeTimeout is how long the registry may take to answer. Without a network the answer comes at once.
const probeTimeout = 2 * time.Second

// Probe returns a function that asks a registry whether it is there. Any answer is one: the real registry asks for a
// login first.
func Probe(url string) func(context.Context) error {
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, probeTimeout)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodHead, url, nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		return response.Body.Close()
	}
}

// CacheExists says whether air-gapped builds were made on this machine: all clones share them.
func CacheExists() bool {
	directory := os.Getenv("RAMPART_CACHE")
	if directory == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return false
		}
		directory = filepath.Join(user, "rampart")
	}
	// Finished parts have a name and a key; locks and logs are there after the installation of a container engine, too.
	parts, err := filepath.Glob(filepath.Join(directory, "airgap", "*-*[0-9a-f]"))
	return err == nil && slices.ContainsFunc(parts, func(path string) bool {
		info, err := os.Stat(path)
		return err == nil && info.IsDir()
	})
}
