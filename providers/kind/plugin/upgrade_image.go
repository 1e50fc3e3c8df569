package plugin

import (
	"context"
	_ "embed" // the scripts that run on nodes
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed scripts/unpack-image.sh
var unpackImage string

//go:embed scripts/import-images.sh
var importImages string

// What unpackImage makes of a node image.
const (
	programsArchive = "programs.tar"
	imagesArchive   = "images.tar"
)

func (u *upgrade) getImage(ctx context.Context) error {
	if faults := u.engine.hostFaults(ctx, true); len(faults) > 0 {
		return errors.New(strings.Join(faults, "; "))
	}
	return ensureImage(ctx, u.engine, u.args)
}

// unpacked is the folder on the host with what a node image holds, as it is brought to each node.
func (u *upgrade) unpacked() string { return filepath.Join(u.args.Directory, upgradeName) }

// unpack takes programs out of the new node image, and the images that not every node has.
func (u *upgrade) unpack(ctx context.Context) error {
	if u.allReady(ctx) {
		return nil
	}
	known, err := u.known(ctx)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(u.unpacked()); err != nil {
		return err
	}
	if err := os.MkdirAll(u.unpacked(), directoryMode); err != nil {
		return err
	}
	if err := writeFile(filepath.Join(u.unpacked(), "known"), []byte(strings.Join(known, "\n")+"\n")); err != nil {
		return err
	}
	return u.engine.runInImage(ctx, u.args, u.unpacked(), unpackImage)
}

func (u *upgrade) allReady(ctx context.Context) bool {
	return !slices.ContainsFunc(u.nodes(), func(node string) bool { return !u.marked(ctx, node, "ready") })
}

// known returns what images all nodes have, as lines of name and digest.
func (u *upgrade) known(ctx context.Context) ([]string, error) {
	count := map[string]int{}
	for _, node := range u.nodes() {
		text, err := u.engine.exec(ctx, node, nil, "sh", "-euc", `ctr --namespace k8s.io images ls | awk 'NR > 1 { print $1, $3 }'`)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(text) {
			count[strings.TrimSpace(line)]++
		}
	}
	maps.DeleteFunc(count, func(_ string, nodes int) bool { return nodes < len(u.nodes()) })
	return sortedKeys(count), nil
}

// bring copies what was unpacked to a node.
func (u *upgrade) bring(ctx context.Context, node string) error {
	if u.marked(ctx, node, "ready") {
		return nil
	}
	if _, err := u.engine.exec(ctx, node, nil, "mkdir", "-p", u.folder()); err != nil {
		return err
	}
	send := func(file string, to ...string) error {
		content, err := os.Open(filepath.Join(u.unpacked(), file))
		if errors.Is(err, fs.ErrNotExist) && file == imagesArchive {
			return nil // all nodes have all images
		}
		if err != nil {
			return err
		}
		defer func() { _ = content.Close() }()
		_, err = u.engine.exec(ctx, node, content, to...)
		return err
	}
	if err := send(programsArchive, "tar", "--extract", "--no-same-owner", "--directory", u.folder()); err != nil {
		return err
	}
	if err := send(imagesArchive, "sh", "-euc", importImages, "sh", u.folder()); err != nil {
		return err
	}
	_, err := u.engine.exec(ctx, node, nil, "touch", u.folder()+"/ready")
	return err
}
