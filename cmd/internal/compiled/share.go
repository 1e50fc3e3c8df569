package compiled

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Share has a program that stands in a clone stand in another place, too: as the same file where file systems can, which costs
// neither time nor space, and as a copy elsewhere. Nobody finds half of it, and whoever runs the one of before goes on.
func Share(from, to string) (err error) {
	fail := func(err error) error {
		return fmt.Errorf("putting %s into %s: %w", filepath.Base(from), filepath.Dir(to), err)
	}
	if err := os.MkdirAll(filepath.Dir(to), folderMode); err != nil {
		return fail(err)
	}
	if same(from, to) {
		return nil
	}
	// Of a process that had this number before and was killed.
	next := fmt.Sprintf("%s.%d%s", to, os.Getpid(), nextExtension)
	_ = os.Remove(next)
	defer func() { _ = os.Remove(next) }()
	if err := os.Link(from, next); err != nil {
		if err := duplicate(from, next); err != nil {
			return fail(err)
		}
	}
	if err := os.Rename(next, to); err != nil {
		return fail(err)
	}
	return nil
}

func duplicate(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, folderMode)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
