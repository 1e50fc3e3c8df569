// Package image writes container images without a container engine, and always the same bytes for the same input:
// entries are sorted, times are fixed, owners are numbers.
package image

import (
	"archive/tar"
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

// Epoch is the time stamp of every file and image: the first second of 2026. Real times would give another digest each
// time.
func Epoch() time.Time { return time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC) }

// Tree is the content of one image layer. Paths are absolute, with slashes, cleaned. The zero value is empty and
// ready.
type Tree struct {
	// Base is the path of a tar file that the layer starts from, or empty.
	Base string
	// Drop tells which entries of Base are left out. A path in the Tree itself always wins over Base.
	Drop func(path string) bool

	entries map[string]entry
}

type entry struct {
	header tar.Header
	// Exactly one of these holds a regular file's content.
	data   []byte
	source string
}

func (t *Tree) set(p string, e entry) {
	if t.entries == nil {
		t.entries = map[string]entry{}
	}
	t.entries[clean(p)] = e
}

func clean(p string) string { return path.Clean("/" + p) }

// Dir adds a folder. Folders above a path appear by themselves, 0755 and root's.
func (t *Tree) Dir(p string, mode fs.FileMode, owner int) {
	t.set(p, entry{header: tar.Header{Typeflag: tar.TypeDir, Mode: unixMode(mode), Uid: owner, Gid: owner}})
}

// Data adds a file with the given content, owned by root.
func (t *Tree) Data(p string, mode fs.FileMode, data []byte) { t.OwnedData(p, mode, 0, data) }

// OwnedData adds a file with the given content and owner.
func (t *Tree) OwnedData(p string, mode fs.FileMode, owner int, data []byte) {
	t.set(p, entry{header: tar.Header{Typeflag: tar.TypeReg, Mode: unixMode(mode), Uid: owner, Gid: owner}, data: data})
}

// File adds a copy of a file of this machine, owned by root.
func (t *Tree) File(p string, mode fs.FileMode, source string) {
	t.set(p, entry{header: tar.Header{Typeflag: tar.TypeReg, Mode: unixMode(mode)}, source: source})
}

// Symlink adds a symbolic link.
func (t *Tree) Symlink(p, target string) {
	t.set(p, entry{header: tar.Header{Typeflag: tar.TypeSymlink, Mode: 0o777, Linkname: target}})
}

// Hardlink adds a second name for a file of the same Tree. It must sort after target, because a layer is unpacked in
// order.
func (t *Tree) Hardlink(p, target string) {
	t.set(p, entry{header: tar.Header{Typeflag: tar.TypeLink, Mode: 0o755, Linkname: strings.TrimPrefix(clean(target), "/")}})
}

// CopyDir adds all files, folders and links below a folder of this machine under p. mode, if not nil, decides the
// permissions of files (the Go module cache loses executable bits); otherwise they are kept. Sockets and the like are
// left out.
func (t *Tree) CopyDir(p, source string, mode func(rel string) fs.FileMode) error {
	return filepath.WalkDir(source, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(source, file)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		to := path.Join(p, rel)
		info, err := d.Info()
		if err != nil {
			return err
		}
		switch {
		case d.IsDir():
			perm := info.Mode().Perm()
			if mode != nil {
				perm = 0o755
			}
			t.Dir(to, perm, 0)
		case d.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(file)
			if err != nil {
				return err
			}
			t.Symlink(to, target)
		case d.Type().IsRegular():
			perm := info.Mode().Perm()
			if mode != nil {
				perm = mode(rel)
			}
			t.File(to, perm, file)
		}
		return nil
	})
}

// WriteFile writes the layer as a tar file.
func (t *Tree) WriteFile(file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	buffered := bufio.NewWriterSize(f, 1<<20)
	if err := t.writeTar(buffered); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	return f.Close()
}

func unixMode(m fs.FileMode) int64 {
	out := int64(m.Perm())
	if m&fs.ModeSticky != 0 {
		out |= 0o1000
	}
	return out
}

// writeTar writes the layer as a tar stream: the entries of Base in their order, then those of the Tree, sorted.
func (t *Tree) writeTar(w io.Writer) error {
	tw := tar.NewWriter(w)
	// What the layer has at each path so far, to know which folders still have to be added.
	present := map[string]byte{}
	if t.Base != "" {
		if err := t.copyBase(tw, present); err != nil {
			return fmt.Errorf("reading %s: %w", t.Base, err)
		}
	}
	names := make([]string, 0, len(t.entries))
	for name := range t.entries {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if name == "/" {
			continue
		}
		if err := addParents(tw, name, present); err != nil {
			return err
		}
		e := t.entries[name]
		if err := writeEntry(tw, name, e); err != nil {
			return fmt.Errorf("adding %s: %w", name, err)
		}
		present[name] = e.header.Typeflag
	}
	return tw.Close()
}

func (t *Tree) copyBase(tw *tar.Writer, present map[string]byte) error {
	f, err := os.Open(t.Base)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	dropped := map[string]bool{}
	for tr := tar.NewReader(f); ; {
		h, err := tr.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		name := clean(h.Name)
		if name == "/" {
			continue
		}
		_, replaced := t.entries[name]
		if replaced || t.Drop != nil && t.Drop(name) {
			dropped[name] = true
			continue
		}
		if h.Typeflag == tar.TypeLink && dropped[clean(h.Linkname)] {
			return fmt.Errorf("%s is a hard link to %s, which is left out", name, h.Linkname)
		}
		out := normal(*h)
		out.Name = tarName(name, h.Typeflag)
		if err := tw.WriteHeader(&out); err != nil {
			return err
		}
		if _, err := io.Copy(tw, tr); err != nil { //nolint:gosec // of an archive that was built here
			return err
		}
		present[name] = h.Typeflag
	}
}

// normal removes what differs from run to run: times and names of owners.
func normal(h tar.Header) tar.Header {
	out := tar.Header{
		Typeflag: h.Typeflag, Linkname: h.Linkname, Size: h.Size, Mode: h.Mode, Uid: h.Uid, Gid: h.Gid,
		Devmajor: h.Devmajor, Devminor: h.Devminor, ModTime: Epoch(), Format: tar.FormatPAX,
	}
	for k, v := range h.PAXRecords {
		if strings.HasPrefix(k, "SCHILY.xattr.") {
			if out.PAXRecords == nil {
				out.PAXRecords = map[string]string{}
			}
			out.PAXRecords[k] = v
		}
	}
	return out
}

func tarName(name string, typeflag byte) string {
	name = strings.TrimPrefix(name, "/")
	if typeflag == tar.TypeDir {
		name += "/"
	}
	return name
}

func addParents(tw *tar.Writer, name string, present map[string]byte) error {
	var missing []string
	for dir := path.Dir(name); dir != "/"; dir = path.Dir(dir) {
		kind, ok := present[dir]
		if ok && kind != tar.TypeDir {
			return fmt.Errorf("adding %s: %s is not a folder in the base; use the real path", name, dir)
		}
		if ok {
			break
		}
		missing = append(missing, dir)
	}
	for i := len(missing) - 1; i >= 0; i-- {
		if err := writeEntry(tw, missing[i], entry{header: tar.Header{Typeflag: tar.TypeDir, Mode: 0o755}}); err != nil {
			return err
		}
		present[missing[i]] = tar.TypeDir
	}
	return nil
}

func writeEntry(tw *tar.Writer, name string, e entry) error {
	h := normal(e.header)
	h.Name = tarName(name, h.Typeflag)
	if e.source == "" {
		h.Size = int64(len(e.data))
		if err := tw.WriteHeader(&h); err != nil {
			return err
		}
		_, err := tw.Write(e.data)
		return err
	}
	f, err := os.Open(e.source)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	h.Size = info.Size()
	if err := tw.WriteHeader(&h); err != nil {
		return err
	}
	_, err = io.Copy(tw, f)
	return err
}
