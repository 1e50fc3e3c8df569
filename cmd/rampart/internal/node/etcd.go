package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"
)

const (
	// etcdManifest is what the kubelet runs etcd from.
	etcdManifest = "/etc/kubernetes/manifests/etcd.yaml"

	// etcdPage is how many values are asked for at a time.
	etcdPage = 500
)

// Etcd is the etcd of a control-plane node, spoken to from inside of its own container with its own certificate.
type Etcd struct {
	node  Node
	flags map[string]string

	// container is etcd's, data its data directory, which is the same inside and on the node.
	container, data string
}

// Etcd finds the etcd that runs on a control-plane node.
func (n Node) Etcd(ctx context.Context) (*Etcd, error) {
	manifest, err := n.Run(ctx, "cat", etcdManifest)
	if err != nil {
		return nil, fmt.Errorf("reading etcd's manifest: %w", err)
	}
	flags, err := containerFlags(manifest)
	if err != nil {
		return nil, fmt.Errorf("reading etcd's manifest: %w", err)
	}
	container, err := n.Container(ctx, "etcd")
	if err != nil {
		return nil, err
	}
	return &Etcd{node: n, flags: flags, container: container, data: flags["data-dir"]}, nil
}

// findContainer prints the running containers of a name. ctr comes with containerd; not every node has crictl.
const findContainer = `
tasks=$(ctr --namespace k8s.io tasks list)
for container in $(ctr --namespace k8s.io containers list --quiet \
	"labels.\"io.kubernetes.container.name\"==\"$1\",labels.\"io.kubernetes.pod.namespace\"==kube-system"); do
	! echo "$tasks" | grep -q "^$container .* RUNNING" || echo "$container"
done`

// ErrNotRunning says that there is no running container of a name.
var ErrNotRunning = errors.New("no container of that name runs")

// Container returns the identifier of the running container of a name in kube-system. Its error is ErrNotRunning if none runs.
func (n Node) Container(ctx context.Context, name string) (string, error) {
	found, err := n.Script(ctx, findContainer, name)
	if err != nil {
		return "", err
	}
	containers := strings.Fields(string(found))
	if len(containers) == 0 {
		return "", fmt.Errorf("%s on %s: %w", name, n.Name, ErrNotRunning)
	}
	return containers[0], nil
}

// inside runs a command among the files of a running container, as the user that the container runs as.
const inside = `
container=$1
shift
pid=$(ctr --namespace k8s.io tasks list | sed -n "s/^$container  *\([0-9][0-9]*\) .*/\1/p")
exec nsenter --target "$pid" --mount --setuid "$(stat -c %u "/proc/$pid")" --setgid "$(stat -c %g "/proc/$pid")" -- "$@"`

// Exec runs a command among the files of a running container, as the user that the container runs as, in the network of the
// node: that of all parts of the control plane. It is not an exec of containerd's, whose client ends before it has passed on
// a long answer.
func (n Node) Exec(ctx context.Context, container string, command ...string) ([]byte, error) {
	return n.Script(ctx, inside, append([]string{container}, command...)...)
}

// containerFlags reads the flags that the first container of a pod is started with.
func containerFlags(manifest []byte) (map[string]string, error) {
	var pod struct {
		Spec struct {
			Containers []struct {
				Command []string `json:"command"`
			} `json:"containers"`
		} `json:"spec"`
	}
	if err := yaml.Unmarshal(manifest, &pod); err != nil {
		return nil, err
	}
	if len(pod.Spec.Containers) == 0 {
		return nil, errors.New("it has no container")
	}
	flags := map[string]string{}
	for _, argument := range pod.Spec.Containers[0].Command {
		if name, value, ok := strings.Cut(strings.TrimPrefix(argument, "--"), "="); ok {
			flags[name] = value
		}
	}
	return flags, nil
}

// page is a part of what etcd holds. JSON has keys and values in base64.
type page struct {
	Header struct {
		Revision int64 `json:"revision"`
	} `json:"header"`
	Pairs []struct {
		Key   []byte `json:"key"`
		Value []byte `json:"value"`
	} `json:"kvs"`
	More bool `json:"more"`
}

func (e *Etcd) get(ctx context.Context, arguments ...string) (page, error) {
	var found page
	text, err := e.ctl(ctx, append([]string{"get", "--write-out=json", "--limit=" + strconv.Itoa(etcdPage)}, arguments...)...)
	if err != nil {
		return found, err
	}
	if err := json.Unmarshal(text, &found); err != nil {
		return found, fmt.Errorf("understanding etcd's answer: %w", err)
	}
	return found, nil
}

// ctl runs etcdctl. etcd's own certificate is one for clients as well, and etcd, whoever it runs as, can read it.
func (e *Etcd) ctl(ctx context.Context, arguments ...string) ([]byte, error) {
	return e.node.Exec(ctx, e.container, append([]string{
		"etcdctl", "--endpoints=https://127.0.0.1:2379",
		"--cacert=" + e.flags["trusted-ca-file"], "--cert=" + e.flags["cert-file"], "--key=" + e.flags["key-file"],
	}, arguments...)...)
}

// utl runs etcdutl, which works on files.
func (e *Etcd) utl(ctx context.Context, arguments ...string) ([]byte, error) {
	return e.node.Exec(ctx, e.container, append([]string{"etcdutl"}, arguments...)...)
}

// Heads calls visit with each key below a prefix, which must end with a slash, and its value.
func (e *Etcd) Heads(ctx context.Context, prefix string, visit func(key string, head []byte)) error {
	// The character after the slash: all keys of the prefix come before it.
	end := strings.TrimSuffix(prefix, "/") + "0"
	for start := prefix; ; {
		found, err := e.get(ctx, start, end)
		if err != nil {
			return err
		}
		for _, pair := range found.Pairs {
			visit(string(pair.Key), pair.Value)
		}
		if !found.More || len(found.Pairs) == 0 {
			return nil
		}
		// The smallest string after the last key that an argument can carry. Keys of Kubernetes have no control characters.
		start = string(found.Pairs[len(found.Pairs)-1].Key) + "\x01"
	}
}

// revision returns the current one.
func (e *Etcd) revision(ctx context.Context) (int64, error) {
	found, err := e.get(ctx, "/", "--keys-only")
	return found.Header.Revision, err
}

// Compact forgets all revisions but the current ones.
func (e *Etcd) Compact(ctx context.Context) error {
	now, err := e.revision(ctx)
	if err != nil {
		return err
	}
	_, err = e.ctl(ctx, "compaction", strconv.FormatInt(now, 10))
	if err != nil && strings.Contains(err.Error(), "has been compacted") {
		return nil
	}
	return err
}
