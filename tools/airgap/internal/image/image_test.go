package image

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/rampart-iac/rampart/tools/airgap/internal/part"
	"github.com/rampart-iac/rampart/tools/airgap/internal/sbom"
)

// rootfs makes a tar file like mmdebstrap's: with times, a link in place of a folder, a device and a dpkg database.
func rootfs(t *testing.T, stamp time.Time) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	add := func(h tar.Header, text string) {
		h.ModTime, h.Size, h.Uname = stamp, int64(len(text)), "builder"
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	add(tar.Header{Typeflag: tar.TypeDir, Name: "./", Mode: 0o755}, "")
	add(tar.Header{Typeflag: tar.TypeDir, Name: "./usr/", Mode: 0o755}, "")
	add(tar.Header{Typeflag: tar.TypeDir, Name: "./usr/bin/", Mode: 0o755}, "")
	add(tar.Header{Typeflag: tar.TypeSymlink, Name: "./bin", Linkname: "usr/bin", Mode: 0o777}, "")
	add(tar.Header{Typeflag: tar.TypeReg, Name: "./usr/bin/su", Mode: 0o4755}, "su")
	add(tar.Header{Typeflag: tar.TypeReg, Name: "./usr/bin/drop-me", Mode: 0o755}, "x")
	add(tar.Header{Typeflag: tar.TypeReg, Name: "./etc/motd", Mode: 0o644}, "old")
	add(tar.Header{Typeflag: tar.TypeReg, Name: "./var/lib/dpkg/status", Mode: 0o644},
		"Package: iptables\nStatus: install ok installed\nVersion: 1:1.8.9-2+b1\nArchitecture: amd64\nDescription: x\n Package: not-one\n\n"+
			"Package: gone\nStatus: deinstall ok config-files\nVersion: 1\nArchitecture: all\n")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "rootfs.tar")
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func tree(t *testing.T, stamp time.Time) *Tree {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(binary, []byte("program"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(binary, stamp, stamp); err != nil {
		t.Fatal(err)
	}
	tr := &Tree{Base: rootfs(t, stamp), Drop: func(p string) bool { return p == "/usr/bin/drop-me" }}
	tr.File("/opt/tools/program", 0o755, binary)
	tr.Hardlink("/opt/tools/program-2", "/opt/tools/program")
	tr.Data("/etc/motd", 0o644, []byte("new"))
	tr.Symlink("/opt/link", "/opt/tools/program")
	tr.Dir("/tmp", 0o777|os.ModeSticky, 0)
	tr.OwnedData("/status", 0o600, 999, []byte("ok"))
	return tr
}

func entries(t *testing.T, r io.Reader) map[string]*tar.Header {
	t.Helper()
	out := map[string]*tar.Header{}
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := out[h.Name]; twice {
			t.Errorf("%s is in the layer twice", h.Name)
		}
		out[h.Name] = h
	}
}

func TestLayerHoldsWhatTheTreeSays(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := tree(t, time.Now()).writeTar(&b); err != nil {
		t.Fatal(err)
	}
	got := entries(t, &b)
	names := make([]string, 0, len(got))
	for name, h := range got {
		names = append(names, name)
		if !h.ModTime.Equal(Epoch()) || h.Uname != "" {
			t.Errorf("%s carries a time or name of this machine: %v %q", name, h.ModTime, h.Uname)
		}
	}
	sort.Strings(names)
	want := "bin etc/ etc/motd opt/ opt/link opt/tools/ opt/tools/program opt/tools/program-2 status tmp/ usr/ usr/bin/ usr/bin/su var/lib/dpkg/status"
	if s := strings.Join(names, " "); s != want {
		t.Errorf("entries\n %s\nwant\n %s", s, want)
	}
	for name, mode := range map[string]int64{"usr/bin/su": 0o4755, "opt/tools/program": 0o755, "tmp/": 0o1777, "status": 0o600} {
		if got[name].Mode != mode {
			t.Errorf("%s has mode %o, want %o", name, got[name].Mode, mode)
		}
	}
	if got["status"].Uid != 999 || got["etc/motd"].Size != 3 || got["opt/tools/program-2"].Linkname != "opt/tools/program" {
		t.Errorf("owner, replacement or hard link is wrong: %+v", got)
	}
}

func TestTreeRefusesAPathThroughALink(t *testing.T) {
	t.Parallel()
	tr := tree(t, time.Now())
	tr.Data("/bin/new", 0o755, nil)
	if err := tr.writeTar(io.Discard); err == nil || !strings.Contains(err.Error(), "/bin is not a folder") {
		t.Errorf("unpacked, /bin would no longer be Debian's link; got %v", err)
	}
}

func TestTreeRefusesALinkToWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "t.tar")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(f)
	for _, h := range []tar.Header{{Typeflag: tar.TypeReg, Name: "a"}, {Typeflag: tar.TypeLink, Name: "b", Linkname: "a"}} {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	tr := Tree{Base: file, Drop: func(p string) bool { return p == "/a" }}
	if err := tr.writeTar(io.Discard); err == nil || !strings.Contains(err.Error(), "hard link") {
		t.Errorf("got %v", err)
	}
}

type noTask struct{}

func (noTask) Step(string, int64, int64) {}

type noReporter struct{}

func (noReporter) Start(*part.Part) (part.Task, func(error)) { return noTask{}, func(error) {} }

// make builds an image as a part and returns the part's folder.
func makeImage(t *testing.T, build func(ctx context.Context, job *part.Job) error) string {
	t.Helper()
	r := part.Runner{Store: part.Store{Root: t.TempDir()}, Reporter: noReporter{}}
	results, err := r.Run(t.Context(), &part.Part{Name: "image", Build: build})
	if err != nil {
		t.Fatal(err)
	}
	return results[0].Dir
}

func spec(t *testing.T, stamp time.Time, c Compression) Spec {
	t.Helper()
	tr := tree(t, stamp)
	return Spec{
		Reference: "localhost/rampart/x:v1", Trees: []*Tree{tr}, Compression: c,
		Config:   v1.Config{Entrypoint: []string{"/opt/tools/program"}, User: "65532"},
		Contents: sbom.Contents{Rootfs: tr.Base},
	}
}

func TestSameInputSameDigest(t *testing.T) {
	t.Parallel()
	for _, c := range []Compression{Plain, Zstd} {
		var first map[string]string
		for _, stamp := range []time.Time{time.Now(), time.Now().Add(-100 * time.Hour)} {
			dir := makeImage(t, spec(t, stamp, c).WriteLayout)
			now := map[string]string{}
			for _, file := range []string{DigestFile, IDFile, ReferenceFile, SBOMFile, LayoutDir + "/index.json"} {
				data, err := os.ReadFile(filepath.Join(dir, file))
				if err != nil {
					t.Fatal(err)
				}
				now[file] = string(data)
			}
			for file, text := range first {
				if now[file] != text {
					t.Errorf("compression %d: %s differs between two builds of the same image:\n%s\n%s", c, file, text, now[file])
				}
			}
			first = now
		}
	}
}

func TestLayoutIsAValidImageThatContainerdNames(t *testing.T) {
	t.Parallel()
	dir := makeImage(t, spec(t, time.Now(), Zstd).WriteLayout)
	index, err := layout.ImageIndexFromPath(filepath.Join(dir, LayoutDir))
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil || len(manifest.Manifests) != 1 {
		t.Fatal(manifest, err)
	}
	entry := manifest.Manifests[0]
	if name := entry.Annotations["io.containerd.image.name"]; name != "localhost/rampart/x:v1" {
		t.Errorf("containerd would name it %q", name)
	}
	if digest, err := Read(dir, DigestFile); err != nil || digest != entry.Digest.String() {
		t.Errorf("digest file says %s, the layout %s (%v)", digest, entry.Digest, err)
	}
	img, err := index.Image(entry.Digest)
	if err != nil {
		t.Fatal(err)
	}
	layers, err := img.Layers()
	if err != nil || len(layers) != 1 {
		t.Fatal(layers, err)
	}
	if media, err := layers[0].MediaType(); err != nil || !strings.HasSuffix(string(media), "tar+zstd") {
		t.Errorf("layer is %s (%v)", media, err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if config.Config.User != "65532" || len(config.Config.Env) != 1 || !strings.HasPrefix(config.Config.Env[0], "PATH=") || config.OS != "linux" {
		t.Errorf("configuration is %+v", config)
	}
}

func TestArchiveLoadsUnderATagMadeOfItsID(t *testing.T) {
	t.Parallel()
	s := spec(t, time.Now(), Plain)
	s.Suffix = func(id string) string { return "-" + id[:12] }
	dir := makeImage(t, s.WriteArchive)
	img, err := tarball.ImageFromPath(filepath.Join(dir, ArchiveFile), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(img); err != nil {
		t.Error(err)
	}
	id, err := img.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := Read(dir, IDFile); got != id.String() {
		t.Errorf("id file says %s, the archive %s", got, id)
	}
	if ref, _ := Read(dir, ReferenceFile); ref != "localhost/rampart/x:v1-"+id.Hex[:12] {
		t.Errorf("reference %s does not fit id %s", ref, id)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*.tmp"))
	if err != nil || len(left) != 0 {
		t.Errorf("temporary layers are left: %v", left)
	}
}

func TestSBOMListsDebianPackages(t *testing.T) {
	t.Parallel()
	dir := makeImage(t, spec(t, time.Now(), Plain).WriteLayout)
	data, err := os.ReadFile(filepath.Join(dir, SBOMFile))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		SPDXVersion string `json:"spdxVersion"`
		Packages    []struct {
			Name, VersionInfo string
			ExternalRefs      []struct{ ReferenceLocator string }
		}
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.SPDXVersion != "SPDX-2.3" || len(doc.Packages) != 2 || doc.Packages[0].Name != "localhost/rampart/x:v1" {
		t.Fatalf("want the image and one package: %+v", doc)
	}
	if p := doc.Packages[1]; p.Name != "iptables" || p.VersionInfo != "1:1.8.9-2+b1" ||
		p.ExternalRefs[0].ReferenceLocator != "pkg:deb/debian/iptables@1%3A1.8.9-2%2Bb1?arch=amd64" {
		t.Errorf("package is %+v", p)
	}
}
