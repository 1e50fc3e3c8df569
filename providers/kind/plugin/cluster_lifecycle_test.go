package plugin

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/integration"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// assertGone fails unless nothing of a cluster is left.
func assertGone(t *testing.T, engine *fakeEngine, directory string) {
	t.Helper()
	if len(engine.clusters) > 0 || len(engine.networks) > 0 {
		t.Errorf("left in the engine: clusters %v, networks %v", engine.clusters, engine.networks)
	}
	if _, err := os.Stat(directory); !errors.Is(err, fs.ErrNotExist) {
		entries, _ := os.ReadDir(directory)
		t.Errorf("the directory is left, with %v", entries)
	}
}

func TestLifeOfACluster(t *testing.T) {
	t.Parallel()
	engine := newFakeEngine()
	directory := filepath.Join(t.TempDir(), "blue")
	inputs := testInputs(directory)
	changedUnit := inputs.Set("controlPlaneUnits", property.New(map[string]property.Value{
		"kubelet.service.d/modes.conf": property.New("[Service]\nUMask=0077\n"),
		"approver.service":             property.New("[Service]\n"),
	}))
	changedFile := inputs.Set("controlPlaneFiles", property.New(map[string]property.Value{
		"encryption.yaml":     property.New("the key"),
		"audit/policy-2.yaml": property.New("other rules"),
	}))
	otherPods := changedFile.Set("podSubnet", property.New("10.1.0.0/16"))
	integration.LifeCycleTest{
		Resource: clusterToken,
		Create: integration.Operation{
			Inputs: inputs,
			Hook: func(_, output property.Map) {
				if got := output.Get("endpoint").AsString(); got != "https://127.0.0.1:36443" {
					t.Errorf("endpoint = %q", got)
				}
				if output.Get("endpoint").Secret() || !output.Get("kubeconfig").Secret() || !output.Get("controlPlaneFiles").Secret() {
					t.Error("the kubeconfig and the files must be secret, the endpoint not")
				}
				content, err := os.ReadFile(filepath.Join(directory, "files", "audit", "policy-1.yaml"))
				if err != nil || string(content) != "rules" {
					t.Errorf("control-plane file = %q, %v", content, err)
				}
				for _, name := range []string{"kubeconfig", "journal.json", "files/encryption.yaml"} {
					info, err := os.Stat(filepath.Join(directory, name))
					if err != nil {
						t.Error(err)
					} else if info.Mode().Perm() != 0o600 {
						t.Errorf("%s has mode %04o, want 0600", name, info.Mode().Perm())
					}
				}
				journal, err := os.ReadFile(filepath.Join(directory, "journal.json"))
				if err != nil || strings.Contains(string(journal), "the key") {
					t.Errorf("the journal must be there and hold no secret: %v", err)
				}
			},
		},
		Updates: []integration.Operation{
			{
				Inputs: changedFile,
				Hook: func(_, output property.Map) {
					if !output.Get("controlPlaneFiles").Secret() || !output.Get("kubeconfig").Secret() {
						t.Error("the kubeconfig and the files must be secret after an update")
					}
					if _, err := os.Stat(filepath.Join(directory, "files", "audit", "policy-1.yaml")); err == nil {
						t.Error("a file that is no input any more is left")
					}
					log := engine.recorded()
					if !strings.HasPrefix(log[len(log)-1], "restart API server on blue-control-plane with ") {
						t.Errorf("the last that the engine was told is %q, want a restart of the API server", log[len(log)-1])
					}
				},
			},
			{
				Inputs: changedUnit,
				Hook: func(_, _ property.Map) {
					want := "reload units on blue-control-plane: restart [approver.service kubelet.service], stop [old.service]"
					if log := engine.recorded(); !slices.Contains(log, want) {
						t.Errorf("the engine was told %q, not to %s", log, want)
					}
					if _, err := os.Stat(filepath.Join(directory, "units", roleControlPlane, "old.service")); err == nil {
						t.Error("a unit that is no input any more is left")
					}
				},
			},
			{Inputs: otherPods},
		},
	}.Run(t, startPlugin(t, engine))
	assertGone(t, engine, directory)
	var creations int
	for _, line := range engine.recorded() {
		if line == "create blue" {
			creations++
		}
	}
	if creations != 2 {
		t.Errorf("the cluster was made %d times, want 2: %q", creations, engine.recorded())
	}
}

// A cluster that must not be replaced is not: whoever changes what cannot be changed in place is told so.
func TestDiffRefusesAReplacementThatIsNotAllowed(t *testing.T) {
	t.Parallel()
	server := startPlugin(t, newFakeEngine())
	inputs := testInputs(filepath.Join(t.TempDir(), "blue")).Set("allowReplacement", property.New(false))
	state := created(t, server, inputs).Properties
	for name, test := range map[string]struct {
		property string
		value    property.Value
		refused  bool
	}{
		"pods":          {property: "podSubnet", value: property.New("10.1.0.0/16"), refused: true},
		"image archive": {property: "imageArchive", value: property.New("/srv/x.tar")},
		"allowed now":   {property: "allowReplacement", value: property.New(true)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := server.Diff(p.DiffRequest{
				ID: testName, Urn: testURN(), State: state, Inputs: inputs.Set(test.property, test.value),
			})
			if (err != nil) != test.refused {
				t.Fatalf("error %v, want one: %t", err, test.refused)
			}
			if err != nil && (!strings.Contains(err.Error(), testName) || !strings.Contains(err.Error(), test.property)) {
				t.Errorf("does not name the cluster and the property: %v", err)
			}
		})
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	engine := newFakeEngine()
	server := startPlugin(t, engine)
	directory := filepath.Join(t.TempDir(), "blue")
	inputs := testInputs(directory)
	state := created(t, server, inputs).Properties
	files := func(files map[string]string) property.Value {
		values := map[string]property.Value{}
		for name, content := range files {
			values[name] = property.New(content)
		}
		return property.New(values)
	}
	tests := map[string]struct {
		name  string
		value property.Value
		want  map[string]p.DiffKind
	}{
		"nothing": {name: "name", value: property.New(testName), want: map[string]p.DiffKind{}},
		"name":    {name: "name", value: property.New("green"), want: map[string]p.DiffKind{"name": p.UpdateReplace}},
		"image": {
			name: "image", value: property.New("kindest/node:v1.37.0"), want: map[string]p.DiffKind{"image": p.UpdateReplace},
		},
		"workers":       {name: "workers", value: property.New(3.0), want: map[string]p.DiffKind{"workers": p.Update}},
		"engine":        {name: "engine", value: property.New("docker"), want: map[string]p.DiffKind{"engine": p.UpdateReplace}},
		"engine it is":  {name: "engine", value: property.New("podman"), want: map[string]p.DiffKind{}},
		"pods":          {name: "podSubnet", value: property.New("10.1.0.0/16"), want: map[string]p.DiffKind{"podSubnet": p.UpdateReplace}},
		"port":          {name: "apiServerPort", value: property.New(7443.0), want: map[string]p.DiffKind{"apiServerPort": p.UpdateReplace}},
		"directory":     {name: "directory", value: property.New("/srv/x"), want: map[string]p.DiffKind{"directory": p.UpdateReplace}},
		"image archive": {name: "imageArchive", value: property.New("/srv/x.tar"), want: map[string]p.DiffKind{"imageArchive": p.Update}},
		"image ID":      {name: "imageId", value: property.New(testImageID), want: map[string]p.DiffKind{"imageId": p.Update}},
		"patches: other": {
			name: "kubeadmConfigPatches", value: property.New([]property.Value{property.New("kind: InitConfiguration")}),
			want: map[string]p.DiffKind{"kubeadmConfigPatches[0]": p.UpdateReplace},
		},
		"patches: none": {
			name: "kubeadmConfigPatches", value: property.New([]property.Value{}),
			want: map[string]p.DiffKind{"kubeadmConfigPatches[0]": p.DeleteReplace},
		},
		"files: changed, added and removed": {
			name: "controlPlaneFiles", value: files(map[string]string{"encryption.yaml": "key 2", "new": ""}),
			want: map[string]p.DiffKind{
				`controlPlaneFiles["encryption.yaml"]`:     p.Update,
				`controlPlaneFiles["new"]`:                 p.Add,
				`controlPlaneFiles["audit/policy-1.yaml"]`: p.Delete,
			},
		},
		"units: changed, added and removed": {
			name: "controlPlaneUnits", value: files(map[string]string{"old.service": "[Unit]", "new.service": ""}),
			want: map[string]p.DiffKind{
				`controlPlaneUnits["old.service"]`:                  p.Update,
				`controlPlaneUnits["new.service"]`:                  p.Add,
				`controlPlaneUnits["kubelet.service.d/modes.conf"]`: p.Delete,
			},
		},
		"units: the first of the workers": {
			name: "workerUnits", value: files(map[string]string{"new.service": ""}),
			want: map[string]p.DiffKind{"workerUnits": p.UpdateReplace, `workerUnits["new.service"]`: p.Add},
		},
		"files: none": {
			name: "controlPlaneFiles", value: files(nil),
			want: map[string]p.DiffKind{
				"controlPlaneFiles":                        p.UpdateReplace,
				`controlPlaneFiles["encryption.yaml"]`:     p.Delete,
				`controlPlaneFiles["audit/policy-1.yaml"]`: p.Delete,
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			news := checked(t, server, inputs.Set(test.name, test.value))
			resp, err := server.Diff(p.DiffRequest{ID: testName, Urn: testURN(), State: state, Inputs: news})
			if err != nil {
				t.Fatal(err)
			}
			replaces := false
			if len(resp.DetailedDiff) != len(test.want) {
				t.Errorf("diff = %v, want %v", resp.DetailedDiff, test.want)
			}
			for property, kind := range test.want {
				if got := resp.DetailedDiff[property].Kind; got != kind {
					t.Errorf("diff of %s = %q, want %q", property, got, kind)
				}
				replaces = replaces || strings.HasSuffix(string(kind), "&replace")
			}
			if resp.HasChanges != (len(test.want) > 0) || resp.DeleteBeforeReplace != replaces {
				t.Errorf("changes %v, delete before replace %v, want %v, %v",
					resp.HasChanges, resp.DeleteBeforeReplace, len(test.want) > 0, replaces)
			}
		})
	}
}

func TestPreviewMakesNothing(t *testing.T) {
	t.Parallel()
	engine := newFakeEngine()
	server := startPlugin(t, engine)
	directory := filepath.Join(t.TempDir(), "blue")
	resp, err := server.Create(p.CreateRequest{
		Urn: testURN(), Properties: checked(t, server, testInputs(directory)), DryRun: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(engine.recorded()) > 0 {
		t.Errorf("a preview told the engine %q", engine.recorded())
	}
	assertGone(t, engine, directory)
	for _, name := range []string{"kubeconfig", "endpoint", "clusterId"} {
		if !resp.Properties.Get(name).IsComputed() {
			t.Errorf("%s = %v in a preview, want unknown", name, resp.Properties.Get(name))
		}
	}
	if got := resp.Properties.Get("name"); got.AsString() != testName {
		t.Errorf("name = %v in a preview, want it known", got)
	}
}

// Nothing that is built on the cluster should become unknown because a file of its changes.
func TestPreviewOfAnUpdateKeepsOutputsKnown(t *testing.T) {
	t.Parallel()
	engine := newFakeEngine()
	server := startPlugin(t, engine)
	inputs := testInputs(filepath.Join(t.TempDir(), "blue"))
	state := created(t, server, inputs)
	news := checked(t, server, inputs.Set("controlPlaneFiles", property.New(map[string]property.Value{"x": property.New("y")})))
	before := len(engine.recorded())
	resp, err := server.Update(p.UpdateRequest{
		ID: state.ID, Urn: testURN(), State: state.Properties, OldInputs: inputs, Inputs: news, DryRun: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"kubeconfig", "endpoint", "clusterId", "nodes"} {
		if resp.Properties.Get(name).HasComputed() {
			t.Errorf("%s is unknown in the preview of an update", name)
		}
	}
	if len(engine.recorded()) > before {
		t.Errorf("a preview told the engine %q", engine.recorded()[before:])
	}
}

func TestPreflightListsAllFaultsBeforeAnythingIsMade(t *testing.T) {
	t.Parallel()
	engine := newFakeEngine()
	engine.faults = []string{"only 1.0 GiB are free"}
	engine.images = map[string]string{}
	server := startPlugin(t, engine)
	directory := filepath.Join(t.TempDir(), "blue")
	inputs := checked(t, server, testInputs(directory).
		Set("apiServerPort", property.New(float64(takenPort))).
		Set("imageArchive", property.New("/nowhere/node.tar")))
	_, err := server.Create(p.CreateRequest{Urn: testURN(), Properties: inputs})
	if err == nil {
		t.Fatal("the cluster was made in spite of everything")
	}
	for _, words := range []string{"only 1.0 GiB", "apiServerPort 6443", "/nowhere/node.tar", "3 reasons"} {
		if !strings.Contains(err.Error(), words) {
			t.Errorf("error %q does not say %q", err, words)
		}
	}
	assertGone(t, engine, directory)

	// In a preview the port may be that of the cluster which is replaced. Where none may be, it is somebody else's.
	for allowed, want := range map[bool]string{true: "2 reasons", false: "3 reasons"} {
		inputs := inputs.Set("allowReplacement", property.New(allowed))
		if _, err = server.Create(p.CreateRequest{Urn: testURN(), Properties: inputs, DryRun: true}); err == nil ||
			!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "apiServerPort 6443") == allowed {
			t.Errorf("preview, a replacement is allowed: %t: %v", allowed, err)
		}
	}

	engine.unusable = errors.New("podman: cannot connect")
	_, err = server.Create(p.CreateRequest{Urn: testURN(), Properties: inputs, DryRun: true})
	if err == nil || !strings.Contains(err.Error(), "podman: cannot connect") || !strings.Contains(err.Error(), "node.tar") {
		t.Errorf("error of a preview = %v, want the engine's own words and the archive", err)
	}
}

func TestFailedCreateLeavesNothing(t *testing.T) {
	t.Parallel()
	engine := newFakeEngine()
	engine.createError = errors.New("kubeadm says no")
	server := startPlugin(t, engine)
	directory := filepath.Join(t.TempDir(), "blue")
	_, err := server.Create(p.CreateRequest{Urn: testURN(), Properties: checked(t, server, testInputs(directory))})
	if err == nil || !strings.Contains(err.Error(), "kubeadm says no") {
		t.Errorf("error = %v, want kubeadm's words", err)
	}
	assertGone(t, engine, directory)
}

// failCreation makes a creation fail half-way, and its cleanup too, and returns what the state gets.
func failCreation(t *testing.T, engine *fakeEngine, inputs property.Map) p.CreateResponse {
	t.Helper()
	engine.creating = func(context.Context) error { return errors.New("kubeadm says no") }
	engine.deleteError, engine.deleteLeaves = errors.New("the engine is busy"), 1
	resp, err := startPlugin(t, engine).Create(p.CreateRequest{Urn: testURN(), Properties: inputs})
	if err == nil || resp.PartialState == nil || resp.ID != testName {
		t.Fatalf("response %+v, error %v: want a partial state, so that the remains are not lost", resp, err)
	}
	reasons := strings.Join(resp.PartialState.Reasons, " ")
	for _, want := range []string{"kubeadm says no", "the engine is busy", "the next up or destroy tries again"} {
		if !strings.Contains(reasons, want) {
			t.Errorf("reasons %q do not say %q", reasons, want)
		}
	}
	if nodes, _ := engine.nodes(t.Context(), testName); len(nodes) == 0 {
		t.Fatal("nothing is left: the rest of this shows nothing")
	}
	engine.creating, engine.deleteError = nil, nil
	return resp
}

// TestCleanupThatFailsIsTheNextRuns: what a failed create cannot remove is replaced by the next run, by delete and create.
func TestCleanupThatFailsIsTheNextRuns(t *testing.T) {
	t.Parallel()
	engine := newFakeEngine()
	server := startPlugin(t, engine)
	directory := filepath.Join(t.TempDir(), "blue")
	// Nobody has anything in it: it is replaced though a cluster that stands must not be.
	inputs := checked(t, server, testInputs(directory).Set("allowReplacement", property.New(false)))
	left := failCreation(t, engine, inputs)

	read, err := server.Read(p.ReadRequest{ID: left.ID, Urn: testURN(), Properties: left.Properties, Inputs: inputs})
	if err != nil || read.ID != testName || !read.Properties.Equals(left.Properties) {
		t.Errorf("a refresh makes %v of it, %v", read.Properties, err)
	}
	diff, err := server.Diff(p.DiffRequest{ID: left.ID, Urn: testURN(), State: left.Properties, Inputs: inputs})
	if err != nil || diff.DetailedDiff["nodes"].Kind != p.UpdateReplace || !diff.DeleteBeforeReplace {
		t.Errorf("difference %v, delete first %t, %v", diff.DetailedDiff, diff.DeleteBeforeReplace, err)
	}
	if err := server.Delete(p.DeleteRequest{ID: left.ID, Urn: testURN(), Properties: left.Properties}); err != nil {
		t.Fatal(err)
	}
	assertGone(t, engine, directory)
	if created := created(t, server, inputs); created.Properties.Get("nodes").AsArray().Len() != 2 {
		t.Errorf("made anew with the nodes %v", created.Properties.Get("nodes"))
	}
}

// TestHalfMadeClusterWithoutAState is for who has lost the state too: the journal knows it.
func TestHalfMadeClusterWithoutAState(t *testing.T) {
	t.Parallel()
	engine := newFakeEngine()
	server := startPlugin(t, engine)
	inputs := testInputs(filepath.Join(t.TempDir(), "blue"))
	failCreation(t, engine, checked(t, server, inputs))
	if created := created(t, server, inputs); created.Properties.Get("nodes").AsArray().Len() != 2 {
		t.Errorf("made anew with the nodes %v", created.Properties.Get("nodes"))
	}
}

// TestHalfMadeClusterIsGoneWithItsNetwork: as long as anything is left, the state has it.
func TestHalfMadeClusterIsGoneWithItsNetwork(t *testing.T) {
	t.Parallel()
	engine := newFakeEngine()
	server := startPlugin(t, engine)
	inputs := checked(t, server, testInputs(filepath.Join(t.TempDir(), "blue")))
	left := failCreation(t, engine, inputs)
	for _, step := range []struct {
		remove func()
		there  bool
	}{
		{func() { engine.clusters = map[string][]nodeContainer{} }, true},
		{func() { engine.networks = map[string]string{} }, false},
	} {
		step.remove()
		read, err := server.Read(p.ReadRequest{ID: left.ID, Urn: testURN(), Properties: left.Properties, Inputs: inputs})
		if err != nil || (read.ID != "") != step.there {
			t.Errorf("a refresh finds %q, %v; want it there: %t", read.ID, err, step.there)
		}
	}
}

func TestNodesGetARangeApartFromPodsAndServices(t *testing.T) {
	t.Parallel()
	const ofEngine = "10.89.0.0/24"
	tests := map[string]struct {
		pods, services string
		taken          []string
		want           string
	}{
		"the engine's own":           {"10.244.0.0/16", "10.96.0.0/16", nil, ofEngine},
		"pods meet it":               {"10.89.0.0/16", "10.96.0.0/16", nil, "172.18.0.0/16"},
		"services meet it":           {"10.244.0.0/16", "10.88.0.0/15", nil, "172.18.0.0/16"},
		"pods meet the next one too": {"172.16.0.0/12", "10.89.0.0/20", nil, "10.89.16.0/24"},
		"another has the next one":   {"10.89.0.0/16", "10.96.0.0/16", []string{"172.18.0.0/16"}, "172.19.0.0/16"},
		"none is left":               {"172.16.0.0/12", "10.88.0.0/15", nil, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engine := newFakeEngine()
			engine.takenRanges = test.taken
			server := startPlugin(t, engine)
			directory := filepath.Join(t.TempDir(), "blue")
			inputs := checked(t, server, testInputs(directory).
				Set("podSubnet", property.New(test.pods)).Set("serviceSubnet", property.New(test.services)))
			_, err := server.Create(p.CreateRequest{Urn: testURN(), Properties: inputs})
			if test.want == "" {
				if err == nil || !strings.Contains(err.Error(), test.pods) || !strings.Contains(err.Error(), test.services) {
					t.Errorf("error %v, want one that names the ranges", err)
				}
				assertGone(t, engine, directory)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var made []string
			for _, line := range engine.recorded() {
				if _, where, found := strings.Cut(line, "create network rampart-blue in "); found {
					made = append(made, where)
				}
			}
			if got := made[len(made)-1]; got != test.want {
				t.Errorf("the network was made in %v, want %s last", made, test.want)
			}
		})
	}
}

func TestCancelledCreateLeavesNothing(t *testing.T) {
	t.Parallel()
	engine := newFakeEngine()
	server := startPlugin(t, engine)
	engine.creating = func(ctx context.Context) error {
		if err := server.Cancel(); err != nil {
			t.Error(err)
		}
		<-ctx.Done()
		return ctx.Err()
	}
	directory := filepath.Join(t.TempDir(), "blue")
	_, err := server.Create(p.CreateRequest{Urn: testURN(), Properties: checked(t, server, testInputs(directory))})
	if err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("error = %v, want one that says interrupted", err)
	}
	assertGone(t, engine, directory)
}

// crash makes a plugin die in the middle of a creation, as SIGKILL does, and returns what it leaves.
func crash(t *testing.T, engine *fakeEngine, inputs property.Map) {
	t.Helper()
	server := startPlugin(t, engine)
	props := checked(t, server, inputs)
	reached, never := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(never) })
	engine.creating = func(context.Context) error {
		close(reached)
		<-never
		return errors.New("dead")
	}
	go func() { _, _ = server.Create(p.CreateRequest{Urn: testURN(), Properties: props}) }()
	<-reached
	engine.creating = nil
	// The kernel lets go of a dead process's locks; this process lives on, so that the lock is moved out of the way.
	if err := os.Remove(filepath.Join(inputs.Get("directory").AsString(), "lock")); err != nil {
		t.Fatal(err)
	}
}

func TestInterruptedRunIsRemovedAndMadeAnew(t *testing.T) {
	t.Parallel()
	engine := newFakeEngine()
	directory := filepath.Join(t.TempDir(), "blue")
	inputs := testInputs(directory)
	crash(t, engine, inputs)
	if len(engine.clusters[testName]) != 1 {
		t.Fatalf("nodes after the crash = %v, want one", engine.clusters[testName])
	}
	server := startPlugin(t, engine)
	resp := created(t, server, inputs)
	if got := resp.Properties.Get("nodes").AsArray().Len(); got != 2 {
		t.Errorf("the cluster has %d nodes, want 2", got)
	}
	if err := server.Delete(p.DeleteRequest{ID: resp.ID, Urn: testURN(), Properties: resp.Properties}); err != nil {
		t.Fatal(err)
	}
	assertGone(t, engine, directory)
}

func TestCompleteButUnrecordedClusterIsAdopted(t *testing.T) {
	t.Parallel()
	engine := newFakeEngine()
	inputs := testInputs(filepath.Join(t.TempDir(), "blue"))
	first := created(t, startPlugin(t, engine), inputs)
	engine.setStatus(testName, roleWorker, "exited")
	second := created(t, startPlugin(t, engine), inputs)
	if !second.Properties.Get("clusterId").Equals(first.Properties.Get("clusterId")) {
		t.Error("the cluster was not adopted")
	}
	for _, node := range second.Properties.Get("nodes").AsArray().All {
		if status := node.AsMap().Get("status").AsString(); status != nodeRunning {
			t.Errorf("node %v has status %s after its adoption", node.AsMap().Get("name"), status)
		}
	}
}

func TestWhatIsNotOursIsNeitherAdoptedNorRemoved(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(t *testing.T, engine *fakeEngine, inputs property.Map)
		urn     resource.URN
		words   []string
	}{
		"a cluster without a journal": {
			prepare: func(_ *testing.T, engine *fakeEngine, _ property.Map) {
				engine.addNode(testName, roleControlPlane, "", "kind")
			},
			words: []string{"import", "kind delete cluster --name blue"},
		},
		"a cluster from other inputs": {
			prepare: func(t *testing.T, engine *fakeEngine, inputs property.Map) {
				t.Helper()
				created(t, startPlugin(t, engine), inputs.Set("podSubnet", property.New("10.1.0.0/16")))
			},
			words: []string{"other inputs", "import"},
		},
		"another stack's directory": {
			prepare: func(t *testing.T, engine *fakeEngine, inputs property.Map) {
				t.Helper()
				created(t, startPlugin(t, engine), inputs)
			},
			urn:   resource.NewURN("other", "rampart", "", clusterToken, "cluster"),
			words: []string{"belongs to another resource", string(testURN())},
		},
		"somebody's cluster in place of the journal's": {
			prepare: func(t *testing.T, engine *fakeEngine, inputs property.Map) {
				t.Helper()
				created(t, startPlugin(t, engine), inputs)
				engine.clusters = map[string][]nodeContainer{}
				engine.addNode(testName, roleControlPlane, "", "kind")
			},
			words: []string{"not all of its nodes are in the network rampart-blue"},
		},
		"a network without an owner": {
			prepare: func(_ *testing.T, engine *fakeEngine, _ property.Map) {
				engine.networks["rampart-blue"] = ""
			},
			words: []string{"already has a network rampart-blue"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engine := newFakeEngine()
			inputs := testInputs(filepath.Join(t.TempDir(), "blue"))
			test.prepare(t, engine, inputs)
			nodes, networks := len(engine.clusters[testName]), len(engine.networks)
			urn := test.urn
			if urn == "" {
				urn = testURN()
			}
			server := startPlugin(t, engine)
			_, err := server.Create(p.CreateRequest{Urn: urn, Properties: checked(t, server, inputs)})
			if err == nil {
				t.Fatal("it was taken over")
			}
			for _, word := range test.words {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("error %q does not say %q", err, word)
				}
			}
			if len(engine.clusters[testName]) != nodes || len(engine.networks) != networks {
				t.Errorf("something was removed: %q", engine.recorded())
			}
		})
	}
}

func TestUnreadableClusterIsRecordedAndRepaired(t *testing.T) {
	t.Parallel()
	engine := newFakeEngine()
	engine.kubeconfigErr = errors.New("no admin.conf")
	server := startPlugin(t, engine)
	inputs := checked(t, server, testInputs(filepath.Join(t.TempDir(), "blue")))
	resp, err := server.Create(p.CreateRequest{Urn: testURN(), Properties: inputs})
	if err == nil || resp.PartialState == nil || resp.ID != testName {
		t.Fatalf("response %+v, error %v: want a partial state, so that the cluster is not lost", resp, err)
	}
	if !strings.Contains(strings.Join(resp.PartialState.Reasons, " "), "no admin.conf") {
		t.Errorf("reasons = %q", resp.PartialState.Reasons)
	}
	engine.kubeconfigErr = nil
	repaired, err := server.Update(p.UpdateRequest{ID: resp.ID, Urn: testURN(), State: resp.Properties, Inputs: inputs})
	if err != nil {
		t.Fatal(err)
	}
	if repaired.Properties.Get("kubeconfig").AsString() == "" || repaired.PartialState != nil {
		t.Error("the update did not repair the cluster")
	}
}

func TestReadShowsDrift(t *testing.T) {
	t.Parallel()
	engine := newFakeEngine()
	server := startPlugin(t, engine)
	directory := filepath.Join(t.TempDir(), "blue")
	inputs := checked(t, server, testInputs(directory))
	state := created(t, server, inputs)
	refresh := func() p.ReadResponse {
		t.Helper()
		resp, err := server.Read(p.ReadRequest{ID: state.ID, Urn: testURN(), Properties: state.Properties, Inputs: inputs})
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	diff := func(state property.Map) map[string]p.PropertyDiff {
		t.Helper()
		resp, err := server.Diff(p.DiffRequest{ID: testName, Urn: testURN(), State: state, Inputs: inputs})
		if err != nil {
			t.Fatal(err)
		}
		return resp.DetailedDiff
	}

	resp := refresh()
	if !resp.Properties.Equals(state.Properties) {
		t.Errorf("a refresh changes the state from\n%v\nto\n%v", state.Properties, resp.Properties)
	}
	if got := diff(resp.Properties); len(got) > 0 {
		t.Errorf("a refresh without drift gives the difference %v", got)
	}

	kubeconfig := filepath.Join(directory, "kubeconfig")
	if err := os.Remove(kubeconfig); err != nil {
		t.Fatal(err)
	}
	refresh()
	if content, err := os.ReadFile(kubeconfig); err != nil || string(content) != state.Properties.Get("kubeconfig").AsString() {
		t.Errorf("a kubeconfig that was removed is not there again: %q, %v", content, err)
	}

	policy := filepath.Join(directory, "files", "audit", "policy-1.yaml")
	if err := os.WriteFile(policy, []byte("weaker"), 0o600); err != nil {
		t.Fatal(err)
	}
	engine.setStatus(testName, roleWorker, "exited")
	got := diff(refresh().Properties)
	if got["nodes"].Kind != p.Update || got[`controlPlaneFiles["audit/policy-1.yaml"]`].Kind != p.Update {
		t.Errorf("difference = %v, want updates of nodes and of the file", got)
	}
	updated, err := server.Update(p.UpdateRequest{ID: state.ID, Urn: testURN(), State: refresh().Properties, Inputs: inputs})
	if err != nil {
		t.Fatal(err)
	}
	if got := diff(updated.Properties); len(got) > 0 {
		t.Errorf("after the update there is still the difference %v", got)
	}
	content, err := os.ReadFile(policy)
	if err != nil || string(content) != "rules" {
		t.Errorf("the file is %q, %v", content, err)
	}
	if !slices.Contains(engine.recorded(), "start [blue-worker]") {
		t.Errorf("the worker was not started: %q", engine.recorded())
	}

	engine.clusters[testName] = engine.clusters[testName][:1]
	if got := diff(refresh().Properties); got["nodes"].Kind != p.Update {
		t.Errorf("difference = %v, want an update for a lost worker", got)
	}
	engine.setRole(testName, roleWorker)
	if got := diff(refresh().Properties); got["nodes"].Kind != p.UpdateReplace {
		t.Errorf("difference = %v, want a replacement for a lost control plane", got)
	}
	engine.setRole(testName, roleControlPlane)

	// Another cluster under the same name: another certificate authority.
	engine.serial++
	if resp := refresh(); resp.ID != "" {
		t.Error("another cluster is taken for this one")
	}
	engine.clusters = map[string][]nodeContainer{}
	if resp := refresh(); resp.ID != "" {
		t.Error("a cluster that is gone is not reported as gone")
	}
	engine.unusable = errors.New("no daemon")
	_, err = server.Read(p.ReadRequest{ID: state.ID, Urn: testURN(), Properties: state.Properties, Inputs: inputs})
	if err == nil {
		t.Error("an engine that does not answer is taken for a cluster that is gone")
	}
}

func TestImportOfOurOwnClusterIsExact(t *testing.T) {
	t.Parallel()
	engine := newFakeEngine()
	server := startPlugin(t, engine)
	inputs := checked(t, server, testInputs(filepath.Join(t.TempDir(), "blue")))
	state := created(t, server, inputs)
	resp, err := server.Read(p.ReadRequest{ID: testName, Urn: testURN()})
	if err != nil {
		t.Fatal(err)
	}
	diff, err := server.Diff(p.DiffRequest{ID: testName, Urn: testURN(), State: resp.Properties, Inputs: inputs})
	if err != nil {
		t.Fatal(err)
	}
	if diff.HasChanges {
		t.Errorf("an import of what stands gives the difference %v", diff.DetailedDiff)
	}
	if !resp.Properties.Get("clusterId").Equals(state.Properties.Get("clusterId")) {
		t.Error("the import found another cluster")
	}
	for name, value := range map[string]property.Value{
		"state's kubeconfig":         resp.Properties.Get("kubeconfig"),
		"state's controlPlaneFiles":  resp.Properties.Get("controlPlaneFiles"),
		"inputs' controlPlaneFiles":  resp.Inputs.Get("controlPlaneFiles"),
		"refreshed state's kubeconf": refreshed(t, server, resp).Get("kubeconfig"),
	} {
		if !value.Secret() {
			t.Errorf("the %s is not secret after an import", name)
		}
	}
}

func refreshed(t *testing.T, server integration.Server, read p.ReadResponse) property.Map {
	t.Helper()
	resp, err := server.Read(p.ReadRequest{ID: read.ID, Urn: testURN(), Properties: read.Properties, Inputs: read.Inputs})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Properties
}

func TestImportOfAForeignClusterFindsWhatCanBeKnown(t *testing.T) {
	t.Parallel()
	engine := newFakeEngine()
	engine.addNode(testName, roleControlPlane, "", "kind")
	engine.addNode(testName, roleWorker, "", "kind")
	engine.addNode(testName, roleWorker, "2", "kind")
	engine.networks["kind"] = ""
	server := startPlugin(t, engine)
	resp, err := server.Read(p.ReadRequest{ID: testName, Urn: testURN()})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]property.Value{
		"name": property.New(testName), "kubernetesVersion": property.New(testVersion), "image": property.New(testImage),
		"workers": property.New(2.0), "podSubnet": property.New("10.1.0.0/16"), "serviceSubnet": property.New("10.2.0.0/16"),
		"apiServerPort": property.New(36443.0), "directory": property.New(""),
	} {
		if got := resp.Inputs.Get(name); !got.Equals(want) {
			t.Errorf("input %s = %v, want %v", name, got, want)
		}
	}
	if resp, err := server.Read(p.ReadRequest{ID: "absent", Urn: testURN()}); err != nil || resp.ID != "" {
		t.Errorf("import of an absent cluster = %q, %v", resp.ID, err)
	}
}

func TestDeleteLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	engine := newFakeEngine()
	server := startPlugin(t, engine)
	directory := filepath.Join(t.TempDir(), "blue")
	state := created(t, server, testInputs(directory))
	if err := os.WriteFile(filepath.Join(directory, "notes.txt"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	// Somebody deleted the cluster and made another one with its name.
	engine.clusters = map[string][]nodeContainer{}
	engine.addNode(testName, roleControlPlane, "", "kind")
	remove := func() {
		t.Helper()
		if err := server.Delete(p.DeleteRequest{ID: state.ID, Urn: testURN(), Properties: state.Properties}); err != nil {
			t.Fatal(err)
		}
	}
	remove()
	if len(engine.clusters[testName]) != 1 {
		t.Error("somebody else's cluster was deleted")
	}
	entries, err := os.ReadDir(directory)
	if err != nil || len(entries) != 1 || entries[0].Name() != "notes.txt" {
		t.Errorf("the directory holds %v (%v), want notes.txt only", entries, err)
	}
	if len(engine.networks) > 0 {
		t.Errorf("networks %v are left", engine.networks)
	}
	remove()
}

// killedWith ends a deletion when so many nodes are left.
func killedWith(nodes int) func(*testing.T, *fakeEngine, func() error) {
	return func(t *testing.T, engine *fakeEngine, remove func() error) {
		t.Helper()
		engine.deleteError, engine.deleteLeaves = errors.New("the power is gone"), nodes
		if err := remove(); err == nil {
			t.Error("control: it was deleted")
		}
		engine.deleteError = nil
	}
}

// A run may be killed while it deletes a cluster. The state has the cluster then, and may have all that was in it; the next update
// makes it anew, and the next deletion goes on.
func TestHalfDeletedClusterIsMadeAnew(t *testing.T) {
	t.Parallel()
	for name, halfDelete := range map[string]func(*testing.T, *fakeEngine, func() error){
		"killed over its nodes":                  killedWith(1),
		"killed between nodes and their volumes": killedWith(0),
		"killed when all was gone": func(t *testing.T, _ *fakeEngine, remove func() error) {
			t.Helper()
			if err := remove(); err != nil {
				t.Error(err)
			}
		},
	} {
		engine := newFakeEngine()
		server := startPlugin(t, engine)
		inputs := testInputs(filepath.Join(t.TempDir(), "blue"))
		state := created(t, server, inputs).Properties
		diff := func(inputs property.Map) (p.DiffResponse, error) {
			return server.Diff(p.DiffRequest{ID: testName, Urn: testURN(), State: state, Inputs: checked(t, server, inputs)})
		}
		if found, err := diff(inputs); err != nil || found.HasChanges {
			t.Fatalf("control: %s: %v, %v", name, found.DetailedDiff, err)
		}
		halfDelete(t, engine, func() error {
			return server.Delete(p.DeleteRequest{ID: testName, Urn: testURN(), Properties: state})
		})
		found, err := diff(inputs)
		if err != nil || found.DetailedDiff["nodes"].Kind != p.UpdateReplace || !found.DeleteBeforeReplace {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
		if _, err := diff(inputs.Set("allowReplacement", property.New(false))); err == nil || !strings.Contains(err.Error(), "destroy") {
			t.Errorf("%s, and it must not be replaced: %v", name, err)
		}
		if err := server.Delete(p.DeleteRequest{ID: testName, Urn: testURN(), Properties: state}); err != nil {
			t.Errorf("%s: deleting it again: %v", name, err)
		}
		if len(engine.clusters) > 0 || len(engine.networks) > 0 || len(engine.volumes) > 0 {
			t.Errorf("%s: left are %v, %v, %v", name, engine.clusters, engine.networks, engine.volumes)
		}
		state = created(t, server, inputs).Properties
		if found, err := diff(inputs); err != nil || found.HasChanges {
			t.Errorf("%s, and made anew: %v, %v", name, found.DetailedDiff, err)
		}
	}
}

func TestNodeImage(t *testing.T) {
	t.Parallel()
	otherID := "sha256:" + strings.Repeat("0", 64)
	archive := filepath.Join(t.TempDir(), "node.tar")
	if err := os.WriteFile(archive, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		present, inArchive map[string]string
		noConfigIDs        bool
		archive            bool
		id                 string
		did                string
		words              string
	}{
		"present":                          {present: map[string]string{testImage: testImageID}, archive: true, id: testImageID},
		"absent, no archive":               {present: map[string]string{}, did: "pull " + testImage},
		"absent, archive":                  {present: map[string]string{}, inArchive: map[string]string{testImage: testImageID}, archive: true, id: testImageID, did: "load " + archive},
		"absent, archive by another name":  {present: map[string]string{}, inArchive: map[string]string{"other:1": testImageID}, archive: true, id: testImageID, did: "load " + archive},
		"another one by that name":         {present: map[string]string{testImage: otherID}, id: testImageID, words: otherID},
		"stale, archive has the right one": {present: map[string]string{testImage: otherID}, inArchive: map[string]string{testImage: testImageID}, archive: true, id: testImageID, did: "load " + archive},
		"archive holds something else":     {present: map[string]string{}, inArchive: map[string]string{"other:1": otherID}, archive: true, id: testImageID, words: "does not hold"},
		"IDs that say nothing":             {present: map[string]string{testImage: otherID}, noConfigIDs: true, id: testImageID},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engine := newFakeEngine()
			engine.images, engine.archiveImages, engine.noConfigIDs = test.present, test.inArchive, test.noConfigIDs
			args := ClusterArgs{Image: testImage, KubernetesVersion: testVersion}
			if test.archive {
				args.ImageArchive = &archive
			}
			if test.id != "" {
				args.ImageID = &test.id
			}
			err := ensureImage(t.Context(), engine, args)
			if test.words == "" && err != nil {
				t.Fatal(err)
			}
			if test.words != "" && (err == nil || !strings.Contains(err.Error(), test.words)) {
				t.Fatalf("error = %v, want one that says %q", err, test.words)
			}
			if test.words == "" && strings.Join(engine.recorded(), "; ") != test.did {
				t.Errorf("the engine was told %q, want %q", engine.recorded(), test.did)
			}
		})
	}
}
