package approval

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	certificates "k8s.io/client-go/kubernetes/typed/certificates/v1"
	core "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/util/workqueue"
)

const (
	// patience is how long a request may wait for its node's addresses to be known: a kubelet asks as soon as it knows
	// them itself.
	patience = 30 * time.Second

	// retryInterval is how long the controller waits before it asks an API server again that does not answer.
	retryInterval = time.Second

	// watchTime ends a watch from time to time, so that one that has died unnoticed does not stay for ever.
	watchTime = 10 * time.Minute

	// callTimeout is for one call of the API server or the resolver.
	callTimeout = 10 * time.Second
)

// Controller decides each request as it comes, until it is told to stop.
type Controller struct {
	Requests certificates.CertificateSigningRequestInterface
	Nodes    core.NodeInterface

	// Resolve returns the addresses of a host name; network is ip.
	Resolve func(ctx context.Context, network, host string) ([]netip.Addr, error)

	Log *slog.Logger
}

// errUndecided is the reason of a request that may yet be approved.
var errUndecided = errors.New("not known yet")

// Run returns when ctx ends. Whatever else happens, it tries again.
func (c Controller) Run(ctx context.Context) error {
	queue := workqueue.NewTypedRateLimitingQueue(workqueue.NewTypedItemExponentialFailureRateLimiter[string](
		500*time.Millisecond, 10*time.Second))
	defer queue.ShutDown()
	go func() {
		for c.next(ctx, queue) {
		}
	}()
	for ctx.Err() == nil {
		if err := c.follow(ctx, queue); err != nil && ctx.Err() == nil {
			c.Log.Warn("the API server cannot be asked for requests", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(retryInterval):
		}
	}
	return nil
}

// follow puts the requests that there are, and those that come, into the queue. It returns when the watch ends.
func (c Controller) follow(ctx context.Context, queue workqueue.TypedRateLimitingInterface[string]) error {
	options := metav1.ListOptions{FieldSelector: "spec.signerName=" + certificatesv1.KubeletServingSignerName}
	listed, err := c.Requests.List(ctx, options)
	if err != nil {
		return err
	}
	for i := range listed.Items {
		queue.Add(listed.Items[i].Name)
	}
	seconds := int64(watchTime / time.Second)
	options.ResourceVersion, options.TimeoutSeconds = listed.ResourceVersion, &seconds
	changes, err := c.Requests.Watch(ctx, options)
	if err != nil {
		return err
	}
	defer changes.Stop()
	for change := range changes.ResultChan() {
		switch change.Type {
		case watch.Added, watch.Modified:
			if csr, ok := change.Object.(*certificatesv1.CertificateSigningRequest); ok {
				queue.Add(csr.Name)
			}
		case watch.Error:
			return apierrors.FromObject(change.Object)
		case watch.Deleted, watch.Bookmark:
		}
	}
	return nil
}

// next decides one request. It returns false when the queue is shut down.
func (c Controller) next(ctx context.Context, queue workqueue.TypedRateLimitingInterface[string]) bool {
	name, shutdown := queue.Get()
	if shutdown {
		return false
	}
	defer queue.Done(name)
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if err := c.decide(ctx, name); err != nil {
		c.Log.Info("request is not decided yet", "request", name, "reason", err)
		queue.AddRateLimited(name)
		return true
	}
	queue.Forget(name)
	return true
}

// decide approves or denies a request. An error means that it has to be looked at again.
func (c Controller) decide(ctx context.Context, name string) error {
	csr, err := c.Requests.Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if csr.Spec.SignerName != certificatesv1.KubeletServingSignerName || decided(csr) {
		return nil
	}
	fault := c.faultOf(ctx, csr)
	if errors.Is(fault, errUndecided) && time.Since(csr.CreationTimestamp.Time) < patience {
		return fault
	}
	condition := certificatesv1.CertificateSigningRequestCondition{
		Type: certificatesv1.CertificateApproved, Status: corev1.ConditionTrue,
		Reason: "RampartApproved", Message: "a node's request for a serving certificate of its own",
	}
	if fault != nil {
		condition.Type, condition.Reason, condition.Message = certificatesv1.CertificateDenied, "RampartDenied", fault.Error()
	}
	csr.Status.Conditions = append(csr.Status.Conditions, condition)
	if _, err := c.Requests.UpdateApproval(ctx, name, csr, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("recording the decision %s: %w", condition.Type, err)
	}
	c.Log.Info("decided", "request", name, "from", csr.Spec.Username, "decision", condition.Type, "because", condition.Message)
	return nil
}

func decided(csr *certificatesv1.CertificateSigningRequest) bool {
	for _, condition := range csr.Status.Conditions {
		switch condition.Type {
		case certificatesv1.CertificateApproved, certificatesv1.CertificateDenied, certificatesv1.CertificateFailed:
			return true
		}
	}
	return len(csr.Status.Certificate) > 0
}

// faultOf returns why a request must not be approved, or nil. What may change by waiting is errUndecided.
func (c Controller) faultOf(ctx context.Context, csr *certificatesv1.CertificateSigningRequest) error {
	asked, err := parse(csr)
	if err != nil {
		return err
	}
	if err := asked.checkNames(); err != nil {
		return err
	}
	node, err := c.Nodes.Get(ctx, asked.node, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("%w: the node: %w", errUndecided, err)
	}
	resolved, err := c.Resolve(ctx, "ip", asked.node)
	if err != nil {
		return fmt.Errorf("%w: where the node's name leads: %w", errUndecided, err)
	}
	if err := asked.checkAddresses(node, resolved); err != nil {
		return fmt.Errorf("%w: %w", errUndecided, err)
	}
	return nil
}
