// Command times gives each file of a clone a time that follows from its content. Go takes the result of a test from its cache
// when the files that the test has read have the sizes and times of then; in a fresh clone they would all be of now, and every
// test that reads one would be linked and run again, with nothing changed. CI calls it, in a clone that nobody works in.
package main

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "times: %v\n", err)
		os.Exit(1)
	}
}

// run touches what Git knows in the working directory and below. What differs from what Git knows is left as it is.
func run() error {
	changed := map[string]bool{}
	paths, err := git("diff", "--name-only", "--relative", "-z")
	if err != nil {
		return err
	}
	for _, path := range paths {
		changed[path] = true
	}
	files, err := git("ls-files", "--stage", "-z")
	if err != nil {
		return err
	}
	folders := map[string]bool{}
	for _, file := range files {
		about, path, _ := strings.Cut(file, "\t")
		// Mode, object and stage.
		const fields = 3
		words := strings.Fields(about)
		if len(words) != fields {
			return fmt.Errorf("git ls-files says %q of %s", about, path)
		}
		const symlink = "120000"
		if changed[path] || words[0] == symlink {
			continue
		}
		if err := touch(path, words[1]); err != nil {
			return err
		}
		for folder := filepath.Dir(path); folder != "."; folder = filepath.Dir(folder) {
			folders[folder] = true
		}
	}
	// Go looks at what is in a folder, too: one time for all is enough.
	for folder := range folders {
		if err := os.Chtimes(folder, time.Time{}, earliest); err != nil {
			return err
		}
	}
	return nil
}

// earliest is the time of content whose hash is zero.
var earliest = time.Unix(1_000_000_000, 0)

// touch makes a file's time of an object's name: seconds of half a gigasecond, in which all files are years old, and nanoseconds.
// Two contents have the same time once in 10^17.
func touch(path, object string) error {
	hash, err := hex.DecodeString(object)
	if err != nil {
		return fmt.Errorf("the object of %s: %w", path, err)
	}
	const seconds = 500_000_000
	at := time.Duration(binary.BigEndian.Uint32(hash)%seconds)*time.Second +
		time.Duration(binary.BigEndian.Uint32(hash[4:])%uint32(time.Second))
	return os.Chtimes(path, time.Time{}, earliest.Add(at))
}

// git returns the answer of a command that ends each of its lines with a zero.
func git(args ...string) ([]string, error) {
	command := exec.Command("git", args...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("git %s: %w", strings.Join(args, " "), err), errors.New(stderr.String()))
	}
	return strings.FieldsFunc(string(output), func(r rune) bool { return r == 0 }), nil
}
