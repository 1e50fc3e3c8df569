package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

const (
	upgradedVersion = "v1.37.2"
	upgradedImage   = "localhost/rampart/node:v1.37.2-0123456789ab"
)

// fakeUpgrade is what nodes have of an upgrade: files, versions and whether pods may come.
type fakeUpgrade struct {
	mu       sync.Mutex
	files    map[string]bool
	versions map[string]string
	kubelets map[string]string
	closed   map[string]bool
	log      []string

	// forgotten are nodes that Kubernetes knows no more.
	forgotten map[string]bool

	// unjoined are nodes that run and are in no cluster; config is what the last one to join was told.
	unjoined map[string]bool
	config   string

	// apiServer is the version of the API server.
	apiServer string

	// readiness are the answers to who is Ready, one after the other; the last one stays.
	readiness []string

	// fails is asked before anything is changed or noted.
	fails func(action string) error
}

func (f *fakeUpgrade) versionOf(node string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if version := f.versions[node]; version != "" {
		return version
	}
	return testVersion
}

func (f *fakeUpgrade) kubeletOf(node string) string {
	if version := f.kubelets[node]; version != "" {
		return version
	}
	return testVersion
}

// act notes an action and takes it, unless it is made to fail.
func (f *fakeUpgrade) act(action string, do func()) error {
	if f.fails != nil {
		if err := f.fails(action); err != nil {
			return err
		}
	}
	for _, each := range []*map[string]bool{&f.files, &f.closed, &f.forgotten} {
		if *each == nil {
			*each = map[string]bool{}
		}
	}
	for _, each := range []*map[string]string{&f.versions, &f.kubelets} {
		if *each == nil {
			*each = map[string]string{}
		}
	}
	f.log = append(f.log, action)
	do()
	return nil
}

func (f *fakeEngine) exec(_ context.Context, node string, stdin io.Reader, command ...string) (string, error) {
	f.upgrades.mu.Lock()
	defer f.upgrades.mu.Unlock()
	switch {
	case stdin != nil:
		content, err := io.ReadAll(stdin)
		if text := string(content); text == programsArchive || text == imagesArchive {
			return "", errors.Join(err, f.upgrades.act(text+" to "+node, func() {}))
		}
		f.upgrades.config = string(content)
		return "", errors.Join(err, f.upgrades.act("join "+node, func() {
			delete(f.upgrades.unjoined, node)
			delete(f.upgrades.forgotten, node)
		}))
	case command[0] == "kubeadm":
		return "0a0a0a.0123456789abcdef", f.upgrades.act("token "+strings.Join(command[2:3], " "), func() {})
	case command[len(command)-1] == kubeletCredentials:
		if f.upgrades.unjoined[node] {
			return "", nil
		}
		return "joined", nil
	case command[0] == "test":
		if !f.upgrades.files[node+command[2]] {
			return "", errors.New("no such file")
		}
		return "", nil
	case command[0] == "mkdir":
		return "", nil
	case command[0] == "touch" && strings.HasSuffix(command[1], "/ready"):
		f.upgrades.files[node+command[1]] = true
		return "", nil
	case command[0] == "touch":
		return "", f.upgrades.act("touch "+command[1]+" on "+node, func() { f.upgrades.files[node+command[1]] = true })
	case command[0] == "kubectl":
		return f.upgrades.kubectl(command[3:])
	case command[0] == "sh":
		return "", f.upgrades.script(node, command[2], command[3:])
	default:
		return "", fmt.Errorf("nobody said what %q does", command)
	}
}

func (f *fakeUpgrade) script(node, script string, args []string) error {
	switch {
	case script == kubeadmScript:
		mark := node + args[1] + "/" + args[2]
		if f.files[mark] {
			return nil
		}
		return f.act("kubeadm on "+node+": "+strings.Join(args[3:], " "), func() {
			f.files[mark] = true
			if args[2] == "applied" {
				f.apiServer = args[5]
			}
		})
	case script == switchKubelet:
		return f.act("kubelet on "+node, func() { f.kubelets[node] = args[2] })
	case strings.Contains(script, versionFile):
		return f.act("tidy up "+node, func() {
			f.versions[node] = args[1]
			for file := range f.files {
				if strings.HasPrefix(file, node+args[2]) {
					delete(f.files, file)
				}
			}
		})
	default:
		return nil // the list of images
	}
}

func (f *fakeUpgrade) kubectl(args []string) (string, error) {
	switch {
	case args[len(args)-1] == readinessOfNodes:
		answer := f.readiness[0]
		if len(f.readiness) > 1 {
			f.readiness = f.readiness[1:]
		}
		return answer, nil
	case slices.Contains(args, "jsonpath={.spec.unschedulable}"):
		if f.closed[args[2]] {
			return "true", nil
		}
		return "", nil
	case args[0] == "get" && slices.Contains(args, "--ignore-not-found"):
		if f.forgotten[args[2]] {
			return "", nil
		}
		if f.closed[args[2]] {
			return args[2] + " true", nil
		}
		return args[2] + " ", nil
	case args[0] == "get" && strings.Contains(args[len(args)-1], "Ready") && !strings.Contains(args[len(args)-1], "kubeletVersion"):
		return "True", nil
	case args[0] == "delete":
		return "", f.act("delete "+args[2], func() {
			f.forgotten[args[2]] = true
			delete(f.closed, args[2])
		})
	case args[0] == "get":
		return f.kubeletOf(args[2]) + " True", nil
	case args[0] == "drain":
		return "", f.act("drain "+args[1], func() { f.closed[args[1]] = true })
	case args[0] == "uncordon":
		return "", f.act("uncordon "+args[1], func() { delete(f.closed, args[1]) })
	default:
		return "", f.act("kubectl "+strings.Join(args, " "), func() {})
	}
}

func (f *fakeEngine) runInImage(_ context.Context, args ClusterArgs, folder, _ string) error {
	f.upgrades.mu.Lock()
	defer f.upgrades.mu.Unlock()
	var failed error
	err := f.upgrades.act("unpack "+args.Image, func() {
		for _, file := range []string{programsArchive, imagesArchive} {
			failed = errors.Join(failed, os.WriteFile(filepath.Join(folder, file), []byte(file), 0o600))
		}
	})
	return errors.Join(err, failed)
}
