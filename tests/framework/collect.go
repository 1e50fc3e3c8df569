package framework

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/verify/live"
)

// collectDeadline bounds the collection: a broken cluster must not keep a failed run from ending.
const collectDeadline = 2 * time.Minute

// Collect writes what explains a failure into a folder that stays, prints the lines that most often do, and says where
// the rest is. Each part that cannot be had is said and passed over. The cluster may be nil.
func (p *Product) Collect(ctx context.Context, cluster *Cluster, out io.Writer) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), collectDeadline)
	defer cancel()
	c := &collection{
		dir: filepath.Join(p.Root, ".rampart", "test-logs", time.Now().UTC().Format("20060102T150405")), out: out,
	}
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		c.say("collecting logs: %v", err)
		return
	}
	if err := os.CopyFS(filepath.Join(c.dir, "rampart"), os.DirFS(p.logDir())); err != nil {
		c.say("collecting the command line's logs: %v", err)
	}
	c.nodes(ctx, p.Cluster)
	if cluster != nil {
		c.objects(ctx, cluster)
	}
	c.say("logs of nodes, pods, events and commands: %s", c.dir)
}

// collection is one folder of logs.
type collection struct {
	dir string
	out io.Writer
}

func (c *collection) say(format string, arguments ...any) {
	_, _ = fmt.Fprintf(c.out, format+"\n", arguments...)
}

// nodes goes through the engine, because it works without an API server.
func (c *collection) nodes(ctx context.Context, cluster string) {
	for _, engine := range live.Engines(ctx) {
		nodes, err := engine.ContainersOf(ctx, cluster)
		if err != nil {
			c.say("collecting nodes: %v", err)
		}
		for _, node := range nodes {
			for name, command := range map[string][]string{
				"container.log":  {"logs", node},
				"kubelet.log":    {"exec", node, "journalctl", "--no-pager", "--unit=kubelet"},
				"containerd.log": {"exec", node, "journalctl", "--no-pager", "--unit=containerd"},
				"pods.log":       {"exec", node, "sh", "-c", "tail -n 100 /var/log/pods/*/*/*.log"},
			} {
				text, err := engine.Run(ctx, command...)
				if err != nil {
					text += "\n" + err.Error()
				}
				c.write(filepath.Join(node, name), text)
			}
		}
	}
}

func (c *collection) objects(ctx context.Context, cluster *Cluster) {
	var lines []string
	pods, err := cluster.Client.CoreV1().Pods("").List(ctx, metav1.ListOptions{})
	if err != nil {
		c.say("collecting pods: %v", err)
		return
	}
	for _, pod := range pods.Items {
		line := fmt.Sprintf("pod %s/%s on %s: %s", pod.Namespace, pod.Name, pod.Spec.NodeName, live.DescribePod(&pod))
		lines = append(lines, line)
		if pod.Status.Phase != corev1.PodRunning && pod.Status.Phase != corev1.PodSucceeded {
			c.say("%s", line)
		}
	}
	events, err := cluster.Client.CoreV1().Events("").List(ctx, metav1.ListOptions{})
	if err != nil {
		c.say("collecting events: %v", err)
		return
	}
	slices.SortFunc(events.Items, func(a, b corev1.Event) int { return a.LastTimestamp.Compare(b.LastTimestamp.Time) })
	var warnings []string
	for _, event := range events.Items {
		line := fmt.Sprintf("event %s %s %s/%s: %s: %s", event.LastTimestamp.UTC().Format(time.TimeOnly), event.Type,
			event.InvolvedObject.Namespace, event.InvolvedObject.Name, event.Reason, event.Message)
		lines = append(lines, line)
		if event.Type == corev1.EventTypeWarning {
			warnings = append(warnings, line)
		}
	}
	for _, line := range warnings[max(0, len(warnings)-10):] {
		c.say("%s", line)
	}
	c.write("objects.log", strings.Join(lines, "\n"))
}

func (c *collection) write(name, text string) {
	path := filepath.Join(c.dir, name)
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o600)
	}
	if err != nil {
		c.say("writing %s: %v", path, err)
	}
}
