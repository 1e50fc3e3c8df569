// Package part is the engine of the air-gapped build: parts that depend on each other, a key for each that changes
// when anything that goes into it changes, a store of finished parts, and a runner that builds the missing ones, in
// parallel where they do not need each other.
//
// It knows nothing of Go, Debian or container images: package catalog says which parts there are.
package part

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
)

// Format is part of every key. Raise it when the meaning of finished parts changes for all of them: every part is then
// built anew.
const Format = "1"

// Class says what a part needs most of while it is built. The runner never runs two parts of the same class at once
// beyond the class's limit, because two big Go builds side by side only take each other's memory.
type Class int

const (
	// Compute parts keep every processor busy by themselves (go build).
	Compute Class = iota
	// Fetch parts mostly wait for the network and the disk (mmdebstrap, image writing).
	Fetch
)

// Part is one thing that is built once and kept.
type Part struct {
	// Name is unique, and part of the folder's name in the store: lower case letters, digits, dots and dashes.
	Name string
	// Title is what people see while it is built.
	Title string
	// Class limits what runs beside it.
	Class Class
	// Inputs are the parts that must be finished first. Their keys go into this part's key.
	Inputs []*Part
	// Facts are all settings that change the result: versions, flags, package lists. Their order counts.
	Facts []string
	// Files and folders whose names and content change the result (recipe folders).
	Files []string
	// Build fills job.Dir. It must not write anywhere else that outlives it.
	Build func(ctx context.Context, job *Job) error

	key string
}

// Key is the content hash (hex) of all that goes into the part: Format, name, facts, files, and the keys of its
// inputs. It is computed once.
func (p *Part) Key() (string, error) {
	if p.key != "" {
		return p.key, nil
	}
	h := sha256.New()
	field := func(s string) { fmt.Fprintf(h, "%d:%s\n", len(s), s) }
	field("format " + Format)
	field(p.Name)
	for _, f := range p.Facts {
		field("fact " + f)
	}
	var faults []error
	for _, root := range p.Files {
		if err := hashTree(h, root); err != nil {
			faults = append(faults, fmt.Errorf("hashing the recipe of %s: %w", p.Name, err))
		}
	}
	for _, in := range p.Inputs {
		k, err := in.Key()
		if err != nil {
			faults = append(faults, err)
			continue
		}
		field("input " + in.Name + " " + k)
	}
	if err := errors.Join(faults...); err != nil {
		return "", err
	}
	p.key = hex.EncodeToString(h.Sum(nil))
	return p.key, nil
}

// hashTree writes names (relative to root, with slashes) and contents of all regular files under root, sorted by name.
// Where the tree lies on disk does not count: two clones of the repository share one store.
func hashTree(h io.Writer, root string) error {
	var names []string
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.Type().IsRegular() {
			names = append(names, path)
		}
		return nil
	})
	if err != nil {
		return err
	}
	sort.Strings(names)
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(filepath.Dir(root), name)
		if err != nil {
			return err
		}
		fmt.Fprintf(h, "file %s %d\n", filepath.ToSlash(rel), len(data))
		if _, err := h.Write(data); err != nil {
			return err
		}
	}
	return nil
}

// Closure lists the given parts and everything they need, inputs before the parts that use them, each once. A cycle or
// two parts of one name are mistakes in the catalog and come back as an error.
func Closure(parts ...*Part) ([]*Part, error) {
	const (
		visiting = 1
		done     = 2
	)
	state := map[*Part]int{}
	names := map[string]*Part{}
	var order []*Part
	var visit func(p *Part) error
	visit = func(p *Part) error {
		switch state[p] {
		case visiting:
			return fmt.Errorf("part %s needs itself", p.Name)
		case done:
			return nil
		}
		if other, ok := names[p.Name]; ok && other != p {
			return fmt.Errorf("two parts are named %s", p.Name)
		}
		names[p.Name] = p
		state[p] = visiting
		for _, in := range p.Inputs {
			if err := visit(in); err != nil {
				return err
			}
		}
		state[p] = done
		order = append(order, p)
		return nil
	}
	for _, p := range parts {
		if err := visit(p); err != nil {
			return nil, err
		}
	}
	return order, nil
}
