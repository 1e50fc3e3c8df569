package road

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// stampFile holds what the working folder was filled from, so that a run that would fill it with the same is spared.
const stampFile = "road.stamp"

// fingerprint hashes the names and contents of the files below folders, and some words.
func fingerprint(words []string, folders ...string) (string, error) {
	hash := sha256.New()
	for _, word := range words {
		fmt.Fprintf(hash, "word %q\n", word)
	}
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			content, err := os.ReadFile(path) //nolint:gosec // G122: the folders are those of this clone
			if err != nil {
				return err
			}
			relative, err := filepath.Rel(folder, path)
			if err != nil {
				return err
			}
			fmt.Fprintf(hash, "file %q %x\n", relative, sha256.Sum256(content))
			return nil
		})
		if err != nil {
			return "", fmt.Errorf("hashing %s: %w", folder, err)
		}
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// stamped says whether the working folder was filled from this, and all that it was filled with is still there. What is newer
// than the note was made anew since, by another clone that shares the store.
func stamped(home, fingerprint string, files []string) (bool, error) {
	name := filepath.Join(home, stampFile)
	content, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading what the working folder was filled from: %w", err)
	}
	if string(content) != fingerprint {
		return false, nil
	}
	note, err := os.Stat(name)
	if err != nil {
		return false, fmt.Errorf("reading what the working folder was filled from: %w", err)
	}
	for _, file := range files {
		if found, err := os.Stat(file); err != nil || found.ModTime().After(note.ModTime()) {
			return false, nil //nolint:nilerr // a file that cannot be seen is one to make again
		}
	}
	return true, nil
}

func stamp(home, fingerprint string) error {
	const mode = 0o600
	if err := os.WriteFile(filepath.Join(home, stampFile), []byte(fingerprint), mode); err != nil {
		return fmt.Errorf("noting what the working folder was filled from: %w", err)
	}
	return nil
}
