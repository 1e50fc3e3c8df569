package framework

import (
	"bytes"
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
)

// collectDeadline bounds the collection: a broken cluster must not keep a failed run from ending.
const collectDeadline = 2 * time.Minute

// Collect writes what explains a failure into a folder that stays, prints the lines that most often do, and says where
// the rest is. Each part that cannot be had is said and passed over. The cluster may be nil.
func (p *Product) Collect(ctx context.Context, cluster *Cluster, out io.Writer) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), collectDeadline)
	defer cancel()
	dir := filepath.Join(p.Root, ".rampart", "test-logs", time.Now().UTC().Format("20060102T150405"))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		fmt.Fprintf(out, "collecting logs: %v\n", err)
		return
	}
	if err := os.CopyFS(filepath.Join(dir, "rampart"), os.DirFS(p.logDir())); err != nil {
		fmt.Fprintf(out, "collecting the command line's logs: %v\n", err)
	}
	p.collectNodes(ctx, dir, out)
	if cluster != nil {
		cluster.collectObjects(ctx, dir, out)
	}
	fmt.Fprintf(out, "logs of nodes, pods, events and commands: %s\n", dir)
}

// collectNodes goes through the engine, because it works without an API server.
func (p *Product) collectNodes(ctx context.Context, dir string, out io.Writer) {
	for _, engine := range Engines(ctx) {
		nodes, err := engine.containersOf(ctx, p.Cluster)
		if err != nil {
			fmt.Fprintf(out, "collecting nodes: %v\n", err)
		}
		for _, node := range nodes {
			for name, command := range map[string][]string{
				"container.log":  {"logs", node},
				"kubelet.log":    {"exec", node, "journalctl", "--no-pager", "--unit=kubelet"},
				"containerd.log": {"exec", node, "journalctl", "--no-pager", "--unit=containerd"},
				"pods.log":       {"exec", node, "sh", "-c", "tail -n 100 /var/log/pods/*/*/*.log"},
			} {
				text, err := engine.run(ctx, command...)
				if err != nil {
					text += "\n" + err.Error()
				}
				writeLog(filepath.Join(dir, node, name), text, out)
			}
		}
	}
}

func (c *Cluster) collectObjects(ctx context.Context, dir string, out io.Writer) {
	var text bytes.Buffer
	pods, err := c.Client.CoreV1().Pods("").List(ctx, metav1.ListOptions{})
	if err != nil {
		fmt.Fprintf(out, "collecting pods: %v\n", err)
		return
	}
	for _, pod := range pods.Items {
		line := fmt.Sprintf("pod %s/%s on %s: %s\n", pod.Namespace, pod.Name, pod.Spec.NodeName, DescribePod(&pod))
		text.WriteString(line)
		if pod.Status.Phase != corev1.PodRunning && pod.Status.Phase != corev1.PodSucceeded {
			fmt.Fprint(out, line)
		}
	}
	events, err := c.Client.CoreV1().Events("").List(ctx, metav1.ListOptions{})
	if err != nil {
		fmt.Fprintf(out, "collecting events: %v\n", err)
		return
	}
	slices.SortFunc(events.Items, func(a, b corev1.Event) int { return a.LastTimestamp.Compare(b.LastTimestamp.Time) })
	var warnings []string
	for _, event := range events.Items {
		line := fmt.Sprintf("event %s %s %s/%s: %s: %s\n", event.LastTimestamp.UTC().Format(time.TimeOnly), event.Type,
			event.InvolvedObject.Namespace, event.InvolvedObject.Name, event.Reason, event.Message)
		text.WriteString(line)
		if event.Type == corev1.EventTypeWarning {
			warnings = append(warnings, line)
		}
	}
	fmt.Fprint(out, strings.Join(warnings[max(0, len(warnings)-10):], ""))
	writeLog(filepath.Join(dir, "objects.log"), text.String(), out)
}

func writeLog(path, text string, out io.Writer) {
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o600)
	}
	if err != nil {
		fmt.Fprintf(out, "writing %s: %v\n", path, err)
	}
}
