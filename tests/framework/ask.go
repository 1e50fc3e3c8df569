package framework

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/rampart-iac/rampart/verify/live"
)

// askDeadline is for one question: the server in the pod gives a connection five seconds.
const askDeadline = 20 * time.Second

// Ask has the server in a DecentPod connect to host:port, over tcp or udp, and tells what became of it. Where many
// connections are tried at once it is the cheap way: no process is started. The question comes from the pod's own node,
// as a probe of its kubelet would, and no policy may stop it.
func (c *Cluster) Ask(ctx context.Context, from *corev1.Pod, protocol, target string) (live.Reach, error) {
	ctx, cancel := context.WithTimeout(ctx, askDeadline)
	defer cancel()
	host, port, err := net.SplitHostPort(target)
	if err != nil {
		return "", err
	}
	if protocol == "tcp" {
		protocol = "http"
	}
	query := url.Values{"host": {host}, "port": {port}, "protocol": {protocol}, "request": {"hostname"}, "tries": {"1"}}
	server := net.JoinHostPort(from.Status.PodIP, strconv.Itoa(TCPPort))
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+server+"/dial?"+query.Encode(), nil)
	if err != nil {
		return "", err
	}
	response, err := c.atNodeOf(from).Do(request)
	if err != nil {
		return "", fmt.Errorf("asking pod %s/%s from its own node: %w", from.Namespace, from.Name, err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct{ Responses, Errors []string }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return "", fmt.Errorf("pod %s/%s answers with status %s: %w", from.Namespace, from.Name, response.Status, err)
	}
	return outcome(strings.Join(answer.Errors, "; ")), nil
}

// outcome reads what Go's network says. Whatever is not silence came from the other end: a TLS server that does not
// speak HTTP was reached.
func outcome(failure string) live.Reach {
	for _, silence := range []string{"timeout", "Timeout", "deadline exceeded"} {
		if strings.Contains(failure, silence) {
			return live.TimedOut
		}
	}
	if strings.Contains(failure, "refused") {
		return live.Refused
	}
	return live.Reached
}

// atNodeOf is a client that stands on a pod's node.
func (c *Cluster) atNodeOf(pod *corev1.Pod) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			for _, node := range c.Nodes() {
				if node.Name == pod.Spec.NodeName {
					return node.Dial(ctx, address)
				}
			}
			return nil, fmt.Errorf("no node %q", pod.Spec.NodeName)
		},
	}}
}
