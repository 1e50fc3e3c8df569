package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/verify/live"
)

// policyCounts are how many policies hold a pod when one more is made.
var policyCounts = []int{10, 100, 1000}

const (
	// policyNamespace holds the pod and its policies.
	policyNamespace = "bench-policies"

	// knockEvery is how often it is tried whether the new policy is in force, and so what is measured at best.
	knockEvery = 5 * time.Millisecond

	// policyDeadline is for a policy to be in force, or out of it.
	policyDeadline = 60 * time.Second
)

// policies measures how long it takes from the request that makes a new policy until a node lets its traffic through, to a
// pod that so many policies hold already.
func (b *bench) policies(ctx context.Context, report *Report) error {
	cluster, err := b.product.Connect(ctx)
	if err != nil {
		return err
	}
	server, err := policyServer(ctx, cluster)
	if err != nil {
		return err
	}
	have := 0
	for _, count := range policyCounts {
		b.say(fmt.Sprintf("a new policy beside %d", count))
		if err := addPolicies(ctx, cluster, have, count); err != nil {
			return err
		}
		have = count
		usage, err := median(b.repeat, func() (Usage, error) { return enforcePolicy(ctx, cluster, server) })
		if err != nil {
			return err
		}
		report.Amounts = append(report.Amounts, Amount{
			What: fmt.Sprintf("from a new policy to its traffic, beside %d others", count), Value: usage.WallSeconds * 1000, Unit: "ms",
		})
	}
	return nil
}

// policyServer runs a server on the last node, in a namespace that nothing but the cluster's default deny holds.
func policyServer(ctx context.Context, cluster *framework.Cluster) (*corev1.Pod, error) {
	namespaces := cluster.Client.CoreV1().Namespaces()
	_, err := namespaces.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: policyNamespace}},
		metav1.CreateOptions{})
	if err != nil {
		return nil, err
	}
	pods := cluster.Client.CoreV1().Pods(policyNamespace)
	pod := cluster.ServingPod(policyNamespace, "server")
	pod.Spec.NodeName = cluster.Nodes()[len(cluster.Nodes())-1].Name
	// The default account takes a moment to be there.
	err = live.Poll(ctx, "the pod to be accepted", policyDeadline, func(ctx context.Context) error {
		_, err := pods.Create(ctx, pod, metav1.CreateOptions{})
		return err
	})
	if err != nil {
		return nil, err
	}
	return pod, live.Poll(ctx, "the pod to run", policyDeadline, func(ctx context.Context) error {
		if pod, err = pods.Get(ctx, pod.Name, metav1.GetOptions{}); err != nil {
			return err
		}
		if pod.Status.Phase != corev1.PodRunning || pod.Status.PodIP == "" {
			return fmt.Errorf("%s", live.DescribePod(pod))
		}
		return nil
	})
}

// addPolicies makes policies that hold the pod and allow nothing that is tried, until there are enough.
func addPolicies(ctx context.Context, cluster *framework.Cluster, have, want int) error {
	const atOnce = 8
	var making sync.WaitGroup
	failed := make(chan error, want)
	turns := make(chan struct{}, atOnce)
	for i := have; i < want; i++ {
		making.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			policy := admitting(fmt.Sprintf("other-%d", i), fmt.Sprintf("198.51.%d.%d/32", i/250, i%250+1))
			_, err := cluster.Client.NetworkingV1().NetworkPolicies(policyNamespace).Create(ctx, policy, metav1.CreateOptions{})
			if err != nil {
				failed <- err
			}
		})
	}
	making.Wait()
	close(failed)
	return <-failed
}

// admitting is a policy that lets a range in, to the server's UDP port.
func admitting(name, cidr string) *networkingv1.NetworkPolicy {
	port, udp := intstr.FromInt32(framework.UDPPort), corev1.ProtocolUDP
	return &networkingv1.NetworkPolicy{
		ObjectMeta: metav1.ObjectMeta{Namespace: policyNamespace, Name: name},
		Spec: networkingv1.NetworkPolicySpec{
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress},
			Ingress: []networkingv1.NetworkPolicyIngressRule{{
				From:  []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: cidr}}},
				Ports: []networkingv1.NetworkPolicyPort{{Protocol: &udp, Port: &port}},
			}},
		},
	}
}

// enforcePolicy makes the one policy that lets the other node in, waits until it does, and takes the policy away.
func enforcePolicy(ctx context.Context, cluster *framework.Cluster, server *corev1.Pod) (Usage, error) {
	const name = "the-one"
	policies := cluster.Client.NetworkingV1().NetworkPolicies(policyNamespace)
	if err := untilAnswer(ctx, cluster, server, false); err != nil {
		return Usage{}, err
	}
	// On a busy machine a policy can be in force before the API server has answered.
	asked := time.Now()
	if _, err := policies.Create(ctx, admitting(name, "0.0.0.0/0"), metav1.CreateOptions{}); err != nil {
		return Usage{}, err
	}
	err := untilAnswer(ctx, cluster, server, true)
	took := time.Since(asked)
	if err != nil {
		return Usage{}, err
	}
	return Usage{WallSeconds: took.Seconds()}, policies.Delete(ctx, name, metav1.DeleteOptions{})
}

// untilAnswer sends datagrams from the first node until the server on the last one answers, or no longer does. Each goes
// out of a port of its own: the kernel lets through what belongs to a conversation that was allowed once.
func untilAnswer(ctx context.Context, cluster *framework.Cluster, server *corev1.Pod, answered bool) error {
	ctx, cancel := context.WithTimeout(ctx, policyDeadline)
	defer cancel()
	target := net.JoinHostPort(server.Status.PodIP, strconv.Itoa(framework.UDPPort))
	answers := make(chan struct{}, 1)
	silentSince := time.Now()
	for {
		err := cluster.ControlPlane().InNetwork(func() error {
			connection, err := net.Dial("udp", target)
			if err != nil {
				return err
			}
			go hear(connection, answers)
			_, err = connection.Write([]byte("hostname\n"))
			return err
		})
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the policy, answered %t: %w", answered, ctx.Err())
		case <-answers:
			if answered {
				return nil
			}
			silentSince = time.Now()
		case <-time.After(knockEvery):
			if !answered && time.Since(silentSince) > hearFor {
				return nil
			}
		}
	}
}

// hearFor is how long an answer is waited for.
const hearFor = 500 * time.Millisecond

func hear(connection net.Conn, answers chan<- struct{}) {
	defer func() { _ = connection.Close() }()
	_ = connection.SetReadDeadline(time.Now().Add(hearFor))
	if _, err := connection.Read(make([]byte, 64)); err == nil {
		select {
		case answers <- struct{}{}:
		default:
		}
	}
}
