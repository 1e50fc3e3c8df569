package cis

import (
	"fmt"
	"io/fs"
	"strings"
)

// paths are the files that an item is about; nil is none.
type paths func(*view) ([]File, error)

// under is a path and all below it.
func under(path string) paths {
	return func(v *view) ([]File, error) { return v.files(path) }
}

// these are several paths, with all below them.
func these(several ...string) paths {
	return func(v *view) ([]File, error) {
		var all []File
		for _, path := range several {
			files, err := v.files(path)
			if err != nil {
				return nil, err
			}
			all = append(all, files...)
		}
		return all, nil
	}
}

// alone are the paths without what is below them.
func alone(of paths) paths {
	return func(v *view) ([]File, error) {
		files, err := of(v)
		return files[:min(len(files), 1)], err
	}
}

// only are those of the files that end in a suffix. Folders and links are left out.
func only(of paths, suffix string) paths {
	return func(v *view) ([]File, error) {
		files, err := of(v)
		var kept []File
		for _, file := range files {
			if file.Mode.IsRegular() && strings.HasSuffix(file.Path, suffix) {
				kept = append(kept, file)
			}
		}
		return kept, err
	}
}

// permits passes if none of the files gives more rights than the mode, and there is one at least.
func permits(of paths, most fs.FileMode) test {
	return everyFile(of, func(file File) (bool, string) {
		mode := file.Mode.Perm()
		return mode&^most == 0, fmt.Sprintf("mode %03o", mode)
	})
}

// ownedBy passes if all of the files belong to the owner and the group, and there is one at least.
func ownedBy(of paths, owner, group string) test {
	return everyFile(of, func(file File) (bool, string) {
		return file.Owner == owner && file.Group == group, file.Owner + ":" + file.Group
	})
}

func everyFile(of paths, is func(File) (ok bool, what string)) test {
	return func(v *view) (bool, string, error) {
		files, err := of(v)
		if err != nil {
			return false, "", err
		}
		evidence := "there is no such file"
		for _, file := range files {
			ok, what := is(file)
			evidence = file.Path + " has " + what
			if !ok {
				return false, evidence, nil
			}
		}
		if len(files) > 1 {
			evidence = fmt.Sprintf("%d files, the last: %s", len(files), evidence)
		}
		return len(files) > 0, evidence, nil
	}
}

// ifAny passes if there is none of the files; else it is up to the test.
func ifAny(of paths, then test) test {
	return func(v *view) (bool, string, error) {
		files, err := of(v)
		if err != nil {
			return false, "", err
		}
		if len(files) == 0 {
			return true, "there is no such file, and none is needed", nil
		}
		return then(v)
	}
}
