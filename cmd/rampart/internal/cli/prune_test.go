package cli

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/nodeimage"
)

func TestPruneKeepsWhatIsUsed(t *testing.T) {
	t.Parallel()
	const repository = "localhost/rampart/node:"
	for _, dryRun := range []bool{false, true} {
		var removed []string
		engine := nodeimage.Engine{Name: "podman", Run: func(_ context.Context, args ...string) (string, error) {
			switch last := args[len(args)-1]; {
			case args[1] == "ls":
				return "current\nold\nstuck\nused\n", nil
			case args[1] == "inspect":
				return `[{"RepoTags": ["` + repository + last + `"], "Size": 786000000}]`, nil
			case args[0] == "ps" && slices.Contains(args, "ancestor=used"):
				return "blue-control-plane\n", nil
			case args[0] == "ps":
				return "\n", nil
			case last == repository+"stuck":
				return "", errors.New("a container was made of it")
			default:
				removed = append(removed, last)
				return "", nil
			}
		}}
		var out bytes.Buffer
		err := pruning{current: repository + "current", dryRun: dryRun}.run(t.Context(), &out, []nodeimage.Engine{engine})
		want, summary := []string{repository + "old"}, "Node images removed: 1, up to 786 MB."
		if dryRun {
			want, summary = nil, "Node images that would be removed: 2, up to 1572 MB."
		}
		if !slices.Equal(removed, want) || !strings.Contains(out.String(), summary) {
			t.Errorf("dry run %v: removed %q, want %q:\n%s", dryRun, removed, want, out.String())
		}
		if stuck := err != nil && strings.Contains(err.Error(), "stuck"); stuck == dryRun {
			t.Errorf("dry run %v: %v", dryRun, err)
		}
		for _, line := range []string{"makes clusters of it", "used by blue-control-plane"} {
			if !strings.Contains(out.String(), line) {
				t.Errorf("no %q in:\n%s", line, out.String())
			}
		}
	}
}
