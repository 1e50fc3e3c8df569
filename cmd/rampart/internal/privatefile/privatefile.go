// Package privatefile writes files that only their owner may read: credentials, and what says where a cluster is weak. A
// file that is there already is replaced, and what it let others do ends with it.
package privatefile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// File is a file that is going to be written. Until then the one that is there stays as it is.
type File struct {
	// path is what the user named, target where it leads.
	path, target string

	// out is a new file beside the target; or, if that is a device, a pipe or this program's own output, the target itself.
	out         *os.File
	beside, own bool
}

// Open finds out whether a file can be written, and changes nothing yet. Links are followed. A device or a pipe is written
// to as it is; this program's own output, such as /dev/stdout, is not begun anew.
func Open(path string) (*File, error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, errors.New("it is a folder")
	case err == nil && outputAt(info) != nil:
		return &File{path: path, out: outputAt(info), own: true}, nil
	case err == nil && !info.Mode().IsRegular():
		out, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, cause(err)
		}
		return &File{path: path, out: out}, nil
	}
	target, err := follow(path)
	if err != nil {
		return nil, cause(err)
	}
	out, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+"-*") // 0600
	if err != nil {
		return nil, cause(err)
	}
	return &File{path: path, target: target, out: out, beside: true}, nil
}

// outputAt returns this program's own output that goes to a file, if one does.
func outputAt(info fs.FileInfo) *os.File {
	for _, output := range []*os.File{os.Stdout, os.Stderr} {
		if own, err := output.Stat(); err == nil && os.SameFile(own, info) {
			return output
		}
	}
	return nil
}

// mostLinks is how many links in a row are followed, as Linux does.
const mostLinks = 40

// follow returns where links lead, to a file that need not be there.
func follow(path string) (string, error) {
	for range mostLinks {
		next, err := os.Readlink(path)
		if err != nil {
			return path, nil //nolint:nilerr // it is no link: whatever else is wrong shows when it is written
		}
		if !filepath.IsAbs(next) {
			next = filepath.Join(filepath.Dir(path), next)
		}
		path = next
	}
	return "", errors.New("too many links")
}

// cause leaves out the names that the package has made up.
func cause(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

// Replace writes the file. If it cannot take its place in the end, the content stays beside it, and the error says where.
func (f *File) Replace(write func(io.Writer) error) error {
	err := errors.Join(write(f.out), f.close())
	if err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", f.path, err), f.remove())
	}
	if !f.beside {
		return nil
	}
	if err := os.Rename(f.out.Name(), f.target); err != nil {
		return fmt.Errorf("%s cannot be replaced: %w: what was to be in it is in %s", f.path, cause(err), f.out.Name())
	}
	return nil
}

// Discard gives up writing it. One that is not there does no harm.
func (f *File) Discard() error {
	if f == nil {
		return nil
	}
	return errors.Join(f.close(), f.remove())
}

func (f *File) close() error {
	if f.own {
		return nil
	}
	return f.out.Close()
}

func (f *File) remove() error {
	if !f.beside {
		return nil
	}
	return os.Remove(f.out.Name())
}

// Write replaces a file by one with a content.
func Write(path string, content []byte) error {
	file, err := Open(path)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return file.Replace(func(out io.Writer) error {
		_, err := out.Write(content)
		return err
	})
}
