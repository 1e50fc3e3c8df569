package framework

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// processes returns the identifiers of all processes of this machine that /proc shows.
func processes() ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

// descendants returns a process and all that it started, however deep.
func descendants(root int) ([]int, error) {
	pids, err := processes()
	if err != nil {
		return nil, err
	}
	children := map[int][]int{}
	for _, pid := range pids {
		parent, err := parentOf(pid)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it ended meanwhile
		}
		if err != nil {
			return nil, err
		}
		children[parent] = append(children[parent], pid)
	}
	tree := []int{root}
	for i := 0; i < len(tree); i++ {
		tree = append(tree, children[tree[i]]...)
	}
	return tree, nil
}

func parentOf(pid int) (int, error) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, fs.ErrNotExist // a process that ends while it is read answers ESRCH
	}
	// The name is in parentheses and may hold spaces; state and parent follow it.
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 2 {
		return 0, fmt.Errorf("process %d: cannot read its state: %q", pid, text)
	}
	return strconv.Atoi(string(fields[1]))
}

// mentioning returns the processes, but this one, whose command line or environment holds one of the given texts.
func mentioning(texts ...string) ([]string, error) {
	pids, err := processes()
	if err != nil {
		return nil, err
	}
	var found []string
	for _, pid := range pids {
		if pid == os.Getpid() {
			continue
		}
		dir := filepath.Join("/proc", strconv.Itoa(pid))
		command, _ := os.ReadFile(filepath.Join(dir, "cmdline")) // empty if it ended meanwhile
		environment, _ := os.ReadFile(filepath.Join(dir, "environ"))
		for _, text := range texts {
			if bytes.Contains(command, []byte(text)) || bytes.Contains(environment, []byte(text)) {
				found = append(found, strings.TrimSpace(strings.ReplaceAll(string(command), "\x00", " ")))
				break
			}
		}
	}
	return found, nil
}
