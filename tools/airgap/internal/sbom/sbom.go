// Package sbom writes what is in an image as an SPDX 2.3 document: Go modules as the toolchain wrote them into each
// binary, Debian packages as dpkg recorded them in the root filesystem. Nothing is guessed from file names.
package sbom

import (
	"archive/tar"
	"bufio"
	"debug/buildinfo"
	"fmt"
	"io"
	"os"
	"path"
	"sort"
	"strings"
	"time"

	"github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx/v2/common"
	spdx "github.com/spdx/tools-golang/spdx/v2/v2_3"
)

// Contents says where to look.
type Contents struct {
	// Binaries are Go programs in the image, by their path on this machine.
	Binaries []string
	// Rootfs is a tar file with var/lib/dpkg/status in it, or empty.
	Rootfs string
	// Modules are Go modules of which the image holds files rather than code ("path@version").
	Modules []string
}

// Package is one row of an SBOM.
type Package struct {
	// URL is a package URL (purl): pkg:golang/... or pkg:deb/debian/...
	Name, Version, URL string
	// Sum is Go's h1 checksum of a module; empty for Debian packages.
	Sum string
}

// List reads the packages out of the contents, sorted and without duplicates.
func List(c Contents) ([]Package, error) {
	seen := map[string]Package{}
	for _, file := range c.Binaries {
		info, err := buildinfo.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading the modules of %s: %w", path.Base(file), err)
		}
		p := golang("stdlib", strings.TrimPrefix(info.GoVersion, "go"), "")
		seen[p.URL] = p
		for _, m := range info.Deps {
			if m.Replace != nil {
				m = m.Replace
			}
			p := golang(m.Path, m.Version, m.Sum)
			seen[p.URL] = p
		}
	}
	for _, m := range c.Modules {
		name, version, _ := strings.Cut(m, "@")
		p := golang(name, version, "")
		if _, ok := seen[p.URL]; !ok {
			seen[p.URL] = p
		}
	}
	if c.Rootfs != "" {
		installed, err := dpkg(c.Rootfs)
		if err != nil {
			return nil, err
		}
		for _, p := range installed {
			seen[p.URL] = p
		}
	}
	out := make([]Package, 0, len(seen))
	for _, p := range seen {
		out = append(out, p)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].URL < out[j].URL })
	return out, nil
}

func golang(name, version, sum string) Package {
	return Package{Name: name, Version: version, URL: "pkg:golang/" + name + "@" + version, Sum: sum}
}

// dpkg reads the status database of a root filesystem.
func dpkg(rootfs string) ([]Package, error) {
	f, err := os.Open(rootfs)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	for tr := tar.NewReader(f); ; {
		h, err := tr.Next()
		if err == io.EOF {
			return nil, fmt.Errorf("%s holds no var/lib/dpkg/status", rootfs)
		}
		if err != nil {
			return nil, err
		}
		if path.Clean("/"+h.Name) == "/var/lib/dpkg/status" {
			return dpkgStatus(tr)
		}
	}
}

func dpkgStatus(r io.Reader) ([]Package, error) {
	var out []Package
	fields := map[string]string{}
	flush := func() {
		if strings.HasSuffix(fields["Status"], " installed") {
			out = append(out, Package{
				Name: fields["Package"], Version: fields["Version"],
				URL: "pkg:deb/debian/" + fields["Package"] + "@" + strings.NewReplacer(":", "%3A", "+", "%2B").Replace(fields["Version"]) +
					"?arch=" + fields["Architecture"],
			})
		}
		fields = map[string]string{}
	}
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 1<<16), 1<<22)
	for s.Scan() {
		line := s.Text()
		if line == "" {
			flush()
			continue
		}
		if name, value, ok := strings.Cut(line, ": "); ok && !strings.HasPrefix(line, " ") {
			fields[name] = value
		}
	}
	flush()
	return out, s.Err()
}

// Write makes the document for one image. created is fixed, so that the same image gives the same document.
func Write(file, reference, digest string, created time.Time, c Contents) error {
	packages, err := List(c)
	if err != nil {
		return err
	}
	doc := document(reference, digest, created, packages)
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if err := json.Write(doc, f, json.Indent(" ")); err != nil {
		return fmt.Errorf("writing %s: %w", file, err)
	}
	return f.Close()
}

const unknown = "NOASSERTION"

func document(reference, digest string, created time.Time, packages []Package) *spdx.Document {
	const root = common.ElementID("Image")
	doc := &spdx.Document{
		SPDXVersion:    spdx.Version,
		DataLicense:    spdx.DataLicense,
		SPDXIdentifier: "DOCUMENT",
		DocumentName:   reference,
		// Names of documents must be unique; the digest is.
		DocumentNamespace: "https://github.com/rampart-iac/rampart/sbom/" + strings.ReplaceAll(digest, ":", "-"),
		CreationInfo: &spdx.CreationInfo{
			Creators: []common.Creator{{CreatorType: "Tool", Creator: "rampart-airgap"}},
			Created:  created.UTC().Format(time.RFC3339),
		},
	}
	algorithm, value, _ := strings.Cut(digest, ":")
	doc.Packages = append(doc.Packages, &spdx.Package{
		PackageName: reference, PackageSPDXIdentifier: root, PackageVersion: digest,
		PackageDownloadLocation: unknown, PackageLicenseConcluded: unknown, PackageLicenseDeclared: unknown,
		PackageCopyrightText: unknown, PrimaryPackagePurpose: "CONTAINER",
		PackageChecksums: []common.Checksum{{Algorithm: common.ChecksumAlgorithm(strings.ToUpper(algorithm)), Value: value}},
	})
	doc.Relationships = append(doc.Relationships, &spdx.Relationship{
		RefA: common.MakeDocElementID("", "DOCUMENT"), RefB: common.MakeDocElementID("", string(root)), Relationship: "DESCRIBES",
	})
	for i, p := range packages {
		id := common.ElementID(fmt.Sprintf("Package-%d", i+1))
		row := &spdx.Package{
			PackageName: p.Name, PackageSPDXIdentifier: id, PackageVersion: p.Version,
			PackageDownloadLocation: unknown, PackageLicenseConcluded: unknown, PackageLicenseDeclared: unknown,
			PackageCopyrightText: unknown,
			PackageExternalReferences: []*spdx.PackageExternalReference{{
				Category: "PACKAGE-MANAGER", RefType: "purl", Locator: p.URL,
			}},
		}
		if p.Sum != "" {
			// Go's checksum covers the module's file tree, not one file: SPDX has no algorithm of that name.
			row.PackageComment = "go.sum " + p.Sum
		}
		doc.Packages = append(doc.Packages, row)
		doc.Relationships = append(doc.Relationships, &spdx.Relationship{
			RefA: common.MakeDocElementID("", string(root)), RefB: common.MakeDocElementID("", string(id)), Relationship: "CONTAINS",
		})
	}
	return doc
}
