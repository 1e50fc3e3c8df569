package published

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/modfile"

	"github.com/rampart-iac/rampart/tests/framework"
)

// deadline is for one command; toolsDeadline for a machine with cold caches, on which the tools are built first.
const (
	deadline      = 5 * time.Minute
	toolsDeadline = 45 * time.Minute
)

// TestThePublishedRoad previews a stack that finds a registry: it takes the published road, gets what that stack needs and nothing
// else, says what is wrong if something cannot be had, and asks nobody once all is there.
func TestThePublishedRoad(t *testing.T) {
	t.Parallel()
	home := tools(t)
	built := filepath.Join(home, "bin")
	servers := publish(t)
	product := installed(t, servers)

	definitions := calicosDefinitions(t, home)
	servers.set(registry, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	servers.set(installer, text(fmt.Sprintf(`#!/bin/sh
set -eu
while [ "$1" != --install-root ]; do shift; done
mkdir -p "$2/bin"
cp %[1]q/pulumi %[1]q/pulumi-language-go* "$2/bin"
`, built)))
	servers.set(definitionsPage, text(definitions+"\n# and a line of somebody else's"))
	fails(t, product, "something between here and there has changed it")
	asks(t, servers, "GET "+installer, "GET "+definitionsPage, "HEAD "+registry)

	servers.set(definitionsPage, text(definitions))
	version := versionOf(t, product.Root, "github.com/pulumi/pulumi-kubernetes/sdk/v4")
	const repository = "github.com/pulumi/pulumi-kubernetes"
	file := fmt.Sprintf("pulumi-resource-kubernetes-%s-%s-%s.tar.gz", version, runtime.GOOS, runtime.GOARCH)
	// Pulumi's CLI asks its registry, GitHub in two ways, and Pulumi's own server last.
	plugin := []string{
		"GET api.github.com/repos/pulumi/pulumi-kubernetes/releases/tags/" + version, "GET api.pulumi.com/api/registry/packages",
		"GET get.pulumi.com/releases/plugins/" + file, "GET " + repository + "/releases/download/" + version + "/" + file,
	}
	fails(t, product, "installing Pulumi's plugin for kubernetes "+version, "pulumi plugin install resource kubernetes "+version,
		"RAMPART_ROAD=airgap")
	asks(t, servers, slices.Concat(plugin, []string{"GET " + definitionsPage, "HEAD " + registry})...)

	servers.set("get.pulumi.com/releases/plugins/"+file, archive(t, filepath.Join(built, "pulumi-resource-kubernetes")))
	previews(t, product)
	asks(t, servers, plugin...)
	writesNoLog(t, product)

	previews(t, product)
	asks(t, servers)
}

// asks wants exactly these pages to have been asked for since the last call: nothing of another cloud's plugin, and nobody that
// counts users.
func asks(t *testing.T, servers *publishers, want ...string) {
	t.Helper()
	slices.Sort(want)
	if heard := servers.heard(); !slices.Equal(heard, want) {
		t.Errorf("asked for\n\t%s\nwant\n\t%s", strings.Join(heard, "\n\t"), strings.Join(want, "\n\t"))
	}
}

var settings = framework.Settings{Prefix: "e2e-published", PodCIDR: "10.217.0.0/16", ServiceCIDR: "10.117.0.0/16"}

// Pages that the road asks for.
const (
	registry        = "registry-1.docker.io/v2/"
	installer       = "get.pulumi.com/install.sh"
	definitionsPage = "raw.githubusercontent.com/projectcalico/calico/v3.28.5/manifests/crds.yaml"
)

// tools is the folder of work of a product on the air-gapped road. What was built for it stands for what is published.
func tools(t *testing.T) string {
	t.Helper()
	product := framework.MustInstall(t, settings)
	run, err := product.Start(product.StackArgs("tools")...)
	if err != nil {
		t.Fatal(err)
	}
	if result, err := framework.WaitAtMost(t.Context(), run, toolsDeadline); err != nil || result.ExitCode != 0 {
		t.Fatalf("%v %v", err, result)
	}
	return product.Home()
}

// installed is a product on a machine that has built nothing, has no Pulumi, and reaches the servers alone.
func installed(t *testing.T, servers *publishers) *framework.Product {
	t.Helper()
	product := framework.MustInstall(t, settings)
	path := slices.DeleteFunc(filepath.SplitList(os.Getenv("PATH")), func(folder string) bool {
		_, err := os.Stat(filepath.Join(folder, "pulumi"))
		return err == nil
	})
	product.Variables = slices.Concat(servers.Variables, []string{
		"RAMPART_ROAD=", "RAMPART_CACHE=" + filepath.Join(product.Dir, "cache"),
		"PATH=" + strings.Join(path, string(filepath.ListSeparator)),
	})
	return product
}

func preview(t *testing.T, product *framework.Product) framework.Result {
	t.Helper()
	run, err := product.Start(product.StackArgs("preview")...)
	if err != nil {
		t.Fatal(err)
	}
	result, err := framework.WaitAtMost(t.Context(), run, deadline)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func previews(t *testing.T, product *framework.Product) {
	t.Helper()
	result := preview(t, product)
	for _, want := range []string{"Road: published (", "rampart:kind:Cluster", "to create"} {
		if result.ExitCode != 0 || !strings.Contains(result.Output(), want) {
			t.Fatalf("want %q: %s", want, result)
		}
	}
}

func fails(t *testing.T, product *framework.Product, wants ...string) {
	t.Helper()
	result := preview(t, product)
	for _, want := range append(wants, "Road: published (the registry of the published images answers)") {
		if result.ExitCode != 1 || !strings.Contains(result.Output(), want) {
			t.Errorf("want exit status 1 and %q: %s", want, result)
		}
	}
}

// writesNoLog wants nothing of what the CLI was told to be in a log, from its first start on: installing a plugin is one.
func writesNoLog(t *testing.T, product *framework.Product) {
	t.Helper()
	logs, err := os.Stat(filepath.Join(product.Home(), "pulumi-home", "logs"))
	if err != nil || !logs.Mode().IsRegular() {
		t.Errorf("in the place of the engine's logs is %v, %v; want a file", logs, err)
	}
}

// calicosDefinitions is the file that the release has, made out of what the release's Go module has in a file each: the product knows
// the hash of the published one, so that another order of them, or another line between, is not taken.
func calicosDefinitions(t *testing.T, home string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(home, "images.json"))
	if err != nil {
		t.Fatal(err)
	}
	var images struct{ CalicoCRDs string }
	if err := json.Unmarshal(content, &images); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(images.CalicoCRDs, "*.yaml")) // in the order of the alphabet
	if err != nil || len(files) == 0 {
		t.Fatalf("Calico's definitions are not in %q: %v", images.CalicoCRDs, err)
	}
	var all strings.Builder
	all.WriteString("# CustomResourceDefinitions for Calico the Hard Way\n")
	for _, file := range files {
		definition, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "---\n# Source: crds/%s\n%s", filepath.Base(file), definition)
	}
	return all.String()
}

// versionOf is the version of a module in go.mod.
func versionOf(t *testing.T, root, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := modfile.Parse("go.mod", content, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, each := range file.Require {
		if each.Mod.Path == path {
			return each.Mod.Version
		}
	}
	t.Fatalf("go.mod does not require %s", path)
	return ""
}

func text(content string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, content) }
}

// archive is what a plugin is published in, without the time that it takes to make it small.
func archive(t *testing.T, program string) http.HandlerFunc {
	t.Helper()
	file := filepath.Join(t.TempDir(), "plugin.tar.gz")
	if err := pack(file, program); err != nil {
		t.Fatal(err)
	}
	return func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, file) }
}

func pack(file, program string) error {
	content, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()
	compressed, err := gzip.NewWriterLevel(out, gzip.NoCompression)
	if err != nil {
		return err
	}
	files := tar.NewWriter(compressed)
	header := &tar.Header{Name: filepath.Base(program), Mode: 0o755, Size: int64(len(content)), Typeflag: tar.TypeReg}
	if err := files.WriteHeader(header); err != nil {
		return err
	}
	if _, err := files.Write(content); err != nil {
		return err
	}
	return errors.Join(files.Close(), compressed.Close())
}
