package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/road"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/toolchain"
	"github.com/rampart-iac/rampart/stacks"
)

// The engine is not asked twice the same question (docs/decisions/0035-the-same-question.md). What it does without a look at what
// stands follows from its programs, the stack's file, the state and what the plugin keeps of the cluster. A run that has changed
// nothing notes all that; as long as it is the same, the next one would find the same, and says so.

// answerDeadline is for a cluster that stands to say that it does. On an idle machine it takes some milliseconds.
const answerDeadline = 2 * time.Second

// isSettled says whether a run would find what the last one has found: nothing to change. It is only ever said of a cluster on
// this machine that answers. Whatever goes wrong, the engine is to be asked, and says it better.
func (s *session) isSettled(ctx context.Context) bool {
	if !s.stack.Backend.Ours || s.cloud() {
		return false
	}
	known, err := s.stack.Settled()
	if err != nil || known == "" {
		return false
	}
	now, err := s.question(ctx)
	return err == nil && now == known && s.answers(ctx) == nil
}

// settle notes that the engine has found nothing to change. Without a note it is asked again, which is no failure. A cluster that
// does not answer is told: the engine has compared with the state, and has not looked.
func (s *session) settle(ctx context.Context) error {
	if s.cloud() {
		return nil
	}
	if err := s.answers(ctx); err != nil {
		fmt.Fprintf(s.progress, "\nThe cluster does not answer: %v\n\"rampart doctor\" looks for what keeps it from running; if "+
			"nodes are gone, \"rampart up --refresh\" makes them again\n", err)
		return nil
	}
	if !s.stack.Backend.Ours {
		return nil
	}
	question, err := s.question(ctx)
	if err != nil {
		return nil //nolint:nilerr // see above
	}
	return s.stack.Settle(question)
}

// answers asks the cluster with the administrator's kubeconfig, which knows it by its certificate: nobody else can answer.
func (s *session) answers(ctx context.Context) error {
	_, content, err := s.adminKubeconfig(ctx)
	if err != nil {
		return err
	}
	config, err := clientcmd.RESTConfigFromKubeConfig(content)
	if err != nil {
		return err
	}
	config.Timeout = answerDeadline
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	return client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
}

// question tells what the engine would be asked from what it was asked before. The day is part of it: grants and waivers end, and
// versions go out of support.
func (s *session) question(ctx context.Context) (string, error) {
	if _, found, err := s.stack.Outputs(); err != nil || !found {
		return "", errors.Join(err, errors.New("the state cannot be read: the user may have the backend compress it"))
	}
	program, err := toolchain.BuildProgram(ctx, s.stack.Workspace, s.environment(), s.progress)
	if err != nil {
		return "", err
	}
	files := s.stack.Files(stacks.ClusterDirectory(s.stack.Home, s.clusterName()), filepath.Join(s.stack.Home, stacks.ImagesFile))
	return fingerprint(time.Now(), s.environment(), slices.Concat(
		files, []string{program}, toolchain.Programs(s.stack.Workspace), road.Programs(s.stack.Workspace))...)
}

// fingerprint is another one whenever the day, a variable that counts, or one of the files or folders is.
func fingerprint(now time.Time, environment []string, paths ...string) (string, error) {
	hash := sha256.New()
	fmt.Fprintf(hash, "%s %q\n", now.UTC().Format(time.DateOnly), counting(environment))
	for _, path := range paths {
		if err := addFiles(hash, path); err != nil {
			return "", fmt.Errorf("telling whether anything has changed since the last run: %w", err)
		}
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// addFiles adds a file, or all files below a folder, by what changes whenever they are written. What is not there counts, too.
func addFiles(hash hash.Hash, path string) error {
	return filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			fmt.Fprintf(hash, "%q is not there\n", path)
			return nil
		}
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		fmt.Fprintf(hash, "%q %s %d %d\n", path, info.Mode(), info.Size(), info.ModTime().UnixNano())
		return nil
	})
}

// counts begin the names of variables that the engine, its plugins and what they start go by.
var counts = []string{
	"PULUMI_", "RAMPART_", "GO", "CGO_", "KIND_", "DOCKER_", "CONTAINER", "NERDCTL_", "PATH=", "HTTP", "NO_PROXY=",
}

// keeps begin the names of those that hold a secret: nothing that follows from one is written anywhere.
var keeps = []string{"PULUMI_CONFIG_PASSPHRASE=", "PULUMI_ACCESS_TOKEN="}

// counting are the variables of an environment that count, sorted.
func counting(environment []string) []string {
	begins := func(entry string, with []string) bool {
		return slices.ContainsFunc(with, func(prefix string) bool { return strings.HasPrefix(entry, prefix) })
	}
	var found []string
	for _, entry := range environment {
		if begins(entry, counts) && !begins(entry, keeps) {
			found = append(found, entry)
		}
	}
	slices.Sort(found)
	return found
}
