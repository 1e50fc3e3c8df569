package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/rampart-iac/rampart/components/admission"
	"github.com/rampart-iac/rampart/tests/framework/apiserver"
	"github.com/rampart-iac/rampart/tests/framework/apiserver/component"
	"github.com/rampart-iac/rampart/tests/framework/examples"
	"github.com/rampart-iac/rampart/verify/live"
)

const (
	// podRate is how many pods are created in a second, whether the answers come or not.
	podRate = 50
	// podRound is how long one server is asked before it is the other's turn.
	podRound = 20 * time.Second
	// podRounds is how often each has its turn: what else the machine does meets both.
	podRounds = 3
	// latencyAim is what all policies together may add to the slowest request in a hundred.
	latencyAim = 10 * time.Millisecond
)

// Latency is how long requests took that were sent at a fixed rate.
type Latency struct {
	What     string  `json:"what"`
	Requests int     `json:"requests"`
	P50Milli float64 `json:"p50Milliseconds"`
	P99Milli float64 `json:"p99Milliseconds"`
}

// admissionLatency creates pods on two real API servers in turn, one without policies and one with all of them.
func (b *bench) admissionLatency(ctx context.Context, report *Report) (err error) {
	var servers []*apiserver.Server
	defer func() {
		for _, server := range servers {
			err = errors.Join(err, server.Stop())
		}
	}()
	names := []string{"pod create, no policies", "pod create, all policies"}
	for range names {
		server, err := apiserver.Start(ctx, apiserver.Settings{})
		if err != nil {
			return err
		}
		servers = append(servers, server)
		if _, err := server.Client.CoreV1().Namespaces().Create(ctx,
			&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: examples.DefaultNamespace}}, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	if err := install(ctx, servers[1]); err != nil {
		return err
	}
	took := make([][]time.Duration, len(servers))
	for round := range podRounds {
		for i, server := range servers {
			b.say(fmt.Sprintf("%s: round %d of %d", names[i], round+1, podRounds))
			more, err := createPods(ctx, server)
			if err != nil {
				return err
			}
			took[i] = append(took[i], more...)
		}
	}
	for i, name := range names {
		report.addLatency(name, took[i])
	}
	return nil
}

// install makes all policies, and waits until each pod meets them.
func install(ctx context.Context, server *apiserver.Server) error {
	if err := component.Install(ctx, server, func(ctx *pulumi.Context) error {
		_, images := admission.NewImagePolicy(ctx, "images", &admission.ImagePolicyArgs{AllowedRegistries: []string{"registry.k8s.io"}})
		_, workloads := admission.NewWorkloadPolicy(ctx, "workloads", nil)
		_, tokens := admission.NewTokenPolicy(ctx, "tokens", nil)
		_, access := admission.NewPodAccessPolicy(ctx, "access", nil)
		_, exposure := admission.NewExposurePolicy(ctx, "exposure", nil)
		_, grants := admission.NewGrantPolicy(ctx, "grants", nil)
		_, ownership := admission.NewOwnershipPolicy(ctx, "ownership", nil)
		_, defaults := admission.NewSafeDefaults(ctx, "defaults", &admission.SafeDefaultsArgs{KubernetesVersion: "v1.37.0"})
		return errors.Join(images, workloads, tokens, access, exposure, grants, ownership, defaults)
	}); err != nil {
		return err
	}
	return live.Poll(ctx, "the policies", time.Minute, func(ctx context.Context) error {
		pod := newPod()
		pod.Spec.Containers[0].Resources = corev1.ResourceRequirements{}
		if _, err := server.Client.CoreV1().Pods(pod.Namespace).Create(ctx, pod,
			metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}); err == nil {
			return errors.New("a pod without bounds is admitted")
		}
		return nil
	})
}

func newPod() *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "bench-", Namespace: examples.DefaultNamespace},
		Spec:       examples.DecentPod(),
	}
}

// createPods sends creates at podRate, each at its own time whatever became of those before, and removes the pods.
func createPods(ctx context.Context, server *apiserver.Server) ([]time.Duration, error) {
	config := rest.CopyConfig(server.Admin)
	config.QPS = -1 // the rate is ours
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	var (
		mutex   sync.Mutex
		took    []time.Duration
		failed  error
		waiting sync.WaitGroup
	)
	ticks := time.NewTicker(time.Second / podRate)
	defer ticks.Stop()
	for end := time.Now().Add(podRound); time.Now().Before(end); {
		// A tick that comes late counts from when it was due.
		due := <-ticks.C
		waiting.Go(func() {
			_, err := client.CoreV1().Pods(examples.DefaultNamespace).Create(ctx, newPod(), metav1.CreateOptions{})
			mutex.Lock()
			defer mutex.Unlock()
			took, failed = append(took, time.Since(due)), errors.Join(failed, err)
		})
	}
	waiting.Wait()
	if failed != nil {
		return nil, failed
	}
	now := int64(0)
	return took, client.CoreV1().Pods(examples.DefaultNamespace).DeleteCollection(ctx,
		metav1.DeleteOptions{GracePeriodSeconds: &now}, metav1.ListOptions{})
}

func (r *Report) addLatency(what string, took []time.Duration) {
	slices.Sort(took)
	at := func(percent int) float64 {
		return float64(took[(len(took)-1)*percent/100].Microseconds()) / 1000
	}
	r.Latencies = append(r.Latencies, Latency{What: what, Requests: len(took), P50Milli: at(50), P99Milli: at(99)})
}
