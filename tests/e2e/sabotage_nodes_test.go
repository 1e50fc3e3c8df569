package e2e

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/tests/framework"
)

// onNode runs a command on the control-plane node and returns what undoes it by another.
func onNode(t *testing.T, does, undoes string) func(context.Context) error {
	t.Helper()
	node := cluster.ControlPlane()
	if _, err := node.Exec(t.Context(), "sh", "-c", does); err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context) error {
		_, err := node.Exec(ctx, "sh", "-c", undoes)
		return err
	}
}

// impostor has a program of the given name answer plain HTTP on a port of all of the node's addresses. Its command line has
// another name, so that nobody takes its flags for the real one's.
func impostor(name string, port int) func(*testing.T) func(context.Context) error {
	return func(t *testing.T) func(context.Context) error {
		t.Helper()
		path := "/tmp/e2e/" + name
		undo := onNode(t, fmt.Sprintf(`set -e
mkdir -p /tmp/e2e
cp /usr/bin/socat %[1]s
printf '#!/bin/sh\nprintf "HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n"\n' > %[1]s-answer
chmod 755 %[1]s-answer
systemd-run --quiet --unit=e2e-%[2]s bash -c "exec -a impostor %[1]s TCP-LISTEN:%[3]d,fork,reuseaddr EXEC:%[1]s-answer"`,
			path, name, port), "systemctl stop e2e-"+name+"; rm "+path+" "+path+"-answer")
		framework.Eventually(t, "the impostor to listen", 10*time.Second, func(ctx context.Context) error {
			_, err := cluster.ControlPlane().Exec(ctx, "sh", "-c", fmt.Sprintf("ss -ltn | grep -q :%d", port))
			return err
		})
		return undo
	}
}

func nodeSabotages() [][]sabotage {
	return [][]sabotage{{
		{"a Secret is written to etcd in plain text", func(t *testing.T) func(context.Context) error {
			t.Helper()
			const secret = `{"kind":"Secret","apiVersion":"v1","metadata":{"name":"e2e-plain","namespace":"default"},"type":"Opaque"}`
			const key = "/registry/secrets/default/e2e-plain"
			if _, err := cluster.Etcdctl(t.Context(), "put", key, secret); err != nil {
				t.Fatal(err)
			}
			return func(ctx context.Context) error {
				_, err := cluster.Etcdctl(ctx, "del", key)
				return err
			}
		}, ids("RMP-DAT-001"), nil},
		{"programs open ports without TLS, and the API server answers on another address of this machine", together(
			impostor("etcd", 19379), impostor("kubelet", 10255), impostor("kube-proxy", 19249), forward,
		), ids("RMP-DAT-002", "RMP-NOD-002", "RMP-NOD-010", "RMP-CPL-003"), nil},
		{"files of the node are open to all", openFiles,
			ids("RMP-CPL-018", "RMP-CPL-019", "RMP-DAT-005", "RMP-NOD-009", "RMP-NOD-011"), nil},
	}, {
		{"etcd runs as root", doubleAs("0", "etcd", "no flag of it", "--logger=zap"), ids("RMP-DAT-005"), nil},
		{"programs run with weak flags", together(
			double("kube-apiserver", "authentication-config|enable-admission-plugins", "--anonymous-auth=true",
				"--profiling=true", "--service-account-extend-token-expiration=true", "--token-auth-file=/tokens",
				"--authorization-mode=AlwaysAllow", "--kubelet-certificate-authority=",
				"--enable-admission-plugins=AlwaysAdmit", "--service-account-lookup=false", "--etcd-cafile="),
			double("kube-controller-manager", "no flag of it", "--use-service-account-credentials=false",
				"--bind-address=0.0.0.0", "--terminated-pod-gc-threshold="),
			double("etcd", "no flag of it", "--client-cert-auth=false", "--peer-client-cert-auth=false"),
			double("kubelet", "no flag of it", "--anonymous-auth=true", "--rotate-server-certificates=false",
				"--rotate-certificates=false", "--seccomp-default=false", "--pod-max-pids=-1",
				"--streaming-connection-idle-timeout=0", "--make-iptables-util-chains=false"),
		), ids("RMP-CPL-004", "RMP-CPL-005", "RMP-CPL-006", "RMP-CPL-007", "RMP-CPL-008", "RMP-CPL-009", "RMP-CPL-010",
			"RMP-CPL-011", "RMP-CPL-012", "RMP-CPL-013", "RMP-CPL-014", "RMP-CPL-015", "RMP-CPL-016", "RMP-CPL-017",
			"RMP-DAT-003", "RMP-DAT-004", "RMP-NOD-001", "RMP-NOD-003", "RMP-NOD-004", "RMP-NOD-005", "RMP-NOD-006",
			"RMP-NOD-007", "RMP-NOD-008"), nil},
	}}
}

// together breaks several things that no control has in common.
func together(all ...func(*testing.T) func(context.Context) error) func(*testing.T) func(context.Context) error {
	return func(t *testing.T) func(context.Context) error {
		t.Helper()
		var undos []func(context.Context) error
		for _, does := range all {
			undos = append(undos, does(t))
		}
		return func(ctx context.Context) error {
			var failed error
			for _, undo := range slices.Backward(undos) {
				failed = errors.Join(failed, undo(ctx))
			}
			return failed
		}
	}
}

// openFiles gives everybody the rights to one file of each kind. What watches over one of them is stopped first.
func openFiles(t *testing.T) func(context.Context) error {
	t.Helper()
	const files = "/etc/kubernetes/admin.conf /etc/kubernetes/pki/sa.key /var/lib/etcd /var/lib/kubelet/config.yaml /etc/cni/net.d/*.conflist"
	return onNode(t, "systemctl stop rampart-cni-modes.path; mkdir -p /tmp/e2e; for f in "+files+"; do stat --format='%a %n' $f; chmod o+rwx $f; done > /tmp/e2e/modes",
		"while read mode file; do chmod $mode $file; done < /tmp/e2e/modes; systemctl start rampart-cni-modes.path")
}

// double starts a process with the name, the user and the flags of a program that runs on the node, without those that match
// an expression and with others after them. It does nothing else. Who looks at flags cannot tell which of the two is meant.
func double(program, without string, flags ...string) func(*testing.T) func(context.Context) error {
	return doubleAs("$(stat --format=%u /proc/$pid)", program, without, flags...)
}

// doubleAs is double with another user, by number.
func doubleAs(user, program, without string, flags ...string) func(*testing.T) func(context.Context) error {
	return func(t *testing.T) func(context.Context) error {
		t.Helper()
		unit := "e2e-double-" + program
		if user == "0" {
			unit += "-of-root"
		}
		undo := onNode(t, fmt.Sprintf(`set -e
mkdir -p /tmp/e2e
pid=$(pgrep --oldest --full '^([^ ]*/)?%[1]s ')
tr '\0' '\n' < /proc/$pid/cmdline | tail -n +2 | grep -v -E -e '^--(%[2]s)=' > /tmp/e2e/%[1]s.flags
printf '%%s\n' %[3]s >> /tmp/e2e/%[1]s.flags
printf 'mapfile -t flags < /tmp/e2e/%[1]s.flags\nexec -a %[1]s bash -c "while :; do sleep 60; done" "${flags[@]}"\n' > /tmp/e2e/%[1]s.sh
systemd-run --quiet --unit=%[5]s --uid=%[4]s bash /tmp/e2e/%[1]s.sh`,
			program, without, strings.Join(flags, " "), user, unit), "systemctl stop "+unit)
		framework.Eventually(t, "the double to run", 10*time.Second, func(ctx context.Context) error {
			_, err := cluster.ControlPlane().Exec(ctx, "pgrep", "--full", "^"+program+" -c while.* "+regexp.QuoteMeta(flags[0]))
			return err
		})
		return undo
	}
}

// forward listens where the API server must not be.
func forward(t *testing.T) func(context.Context) error {
	t.Helper()
	published := ""
	for _, binding := range cluster.ControlPlane().Ports["6443/tcp"] {
		published = binding.HostPort
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range addresses {
		if network, ok := address.(*net.IPNet); ok && !network.IP.IsLoopback() && network.IP.To4() != nil {
			listener, err := net.Listen("tcp", net.JoinHostPort(network.IP.String(), published))
			if err != nil {
				t.Fatal(err)
			}
			return func(context.Context) error { return listener.Close() }
		}
	}
	t.Fatal("this machine has no address but loopback's")
	return nil
}

// auditDir is where the API server's log is.
const auditDir = "/var/log/kubernetes/audit"

func auditSabotages() []sabotage {
	return []sabotage{
		{"the log is moved away", func(t *testing.T) func(context.Context) error {
			t.Helper()
			return onNode(t, "tail -n 100 "+auditDir+"/audit.log > "+auditDir+"/other.log && mv "+auditDir+"/audit.log /var/log/kubernetes/hidden",
				"mv /var/log/kubernetes/hidden "+auditDir+"/audit.log; rm "+auditDir+"/other.log")
		}, ids("RMP-AUD-001"), nil},
		{"the log is full of heartbeats", func(t *testing.T) func(context.Context) error {
			t.Helper()
			const line = `{"verb":"update","requestURI":"/apis/coordination.k8s.io/v1/leases","objectRef":{"resource":"leases"}}`
			return onNode(t, "echo '"+line+"' > "+auditDir+"/zz.log", "rm "+auditDir+"/zz.log")
		}, ids("RMP-AUD-004"), nil},
	}
}
