// Package authority makes the objects of one cluster know the certificate authority of another one that they were brought into.
package authority

import (
	"context"
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/retry"
)

// Names that Kubernetes gives to what tells others of its authority.
const (
	// rootConfigMap is in every namespace, and mounted into every pod beside its token.
	rootConfigMap = "kube-root-ca.crt"
	rootKey       = "ca.crt"

	// infoConfigMap is read by nodes that join, before they are anybody. A signature of it for each token that they join with
	// stands beside it.
	infoConfigMap   = "cluster-info"
	infoKey         = "kubeconfig"
	signaturePrefix = "jws-kubeconfig-"
)

// Publish tells pods, and nodes that join, of an authority in PEM form. It returns in how many namespaces. The controller
// manager does the first by itself, but only once it leads again; pods that start before would hold the other authority to the
// end of their days.
func Publish(ctx context.Context, client kubernetes.Interface, authority []byte) (int, error) {
	if len(authority) == 0 {
		return 0, errors.New("publishing the cluster's authority: its kubeconfig has none")
	}
	namespaces, err := client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
	if err != nil {
		return 0, fmt.Errorf("publishing the cluster's authority: %w", err)
	}
	count := 0
	for _, namespace := range namespaces.Items {
		if namespace.DeletionTimestamp != nil {
			continue
		}
		if err := publishIn(ctx, client, namespace.Name, authority); err != nil {
			return count, fmt.Errorf("publishing the cluster's authority in namespace %s: %w", namespace.Name, err)
		}
		count++
	}
	if err := publishToNodes(ctx, client, authority); err != nil {
		return count, fmt.Errorf("publishing the cluster's authority to nodes that join: %w", err)
	}
	return count, nil
}

func publishIn(ctx context.Context, client kubernetes.Interface, namespace string, authority []byte) error {
	maps := client.CoreV1().ConfigMaps(namespace)
	found, err := maps.Get(ctx, rootConfigMap, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil // the controller manager makes it, with the authority that it knows
	}
	if err != nil || found.Data[rootKey] == string(authority) {
		return err
	}
	found.Data = map[string]string{rootKey: string(authority)}
	_, err = maps.Update(ctx, found, metav1.UpdateOptions{})
	if apierrors.IsConflict(err) {
		return nil // the controller manager was quicker
	}
	return err
}

func publishToNodes(ctx context.Context, client kubernetes.Interface, authority []byte) error {
	return retry.RetryOnConflict(retry.DefaultRetry, func() error { return rewriteInfo(ctx, client, authority) })
}

func rewriteInfo(ctx context.Context, client kubernetes.Interface, authority []byte) error {
	maps := client.CoreV1().ConfigMaps(metav1.NamespacePublic)
	found, err := maps.Get(ctx, infoConfigMap, metav1.GetOptions{})
	if err != nil {
		return err
	}
	config, err := clientcmd.Load([]byte(found.Data[infoKey]))
	if err != nil {
		return fmt.Errorf("understanding %s: %w", infoConfigMap, err)
	}
	for _, cluster := range config.Clusters {
		cluster.CertificateAuthorityData = authority
	}
	text, err := clientcmd.Write(*config)
	if err != nil {
		return err
	}
	found.Data[infoKey] = string(text)
	for key := range found.Data {
		// Made anew for the tokens that there are.
		if strings.HasPrefix(key, signaturePrefix) {
			delete(found.Data, key)
		}
	}
	_, err = maps.Update(ctx, found, metav1.UpdateOptions{})
	return err
}

// Restart has every pod made anew that something makes anew. Those in the snapshot ran on other nodes; what the kubelets have
// started of them meanwhile may hold the other authority, and tokens that nobody here has signed. left are the pods that nothing
// would make anew, which are not touched.
func Restart(ctx context.Context, client kubernetes.Interface) (restarted int, left []string, err error) {
	pods, err := client.CoreV1().Pods(metav1.NamespaceAll).List(ctx, metav1.ListOptions{})
	if err != nil {
		return 0, nil, fmt.Errorf("starting pods anew: %w", err)
	}
	for _, pod := range pods.Items {
		owner := metav1.GetControllerOf(&pod)
		switch {
		case ended(&pod) || owner != nil && owner.Kind == "Node": // a static pod, which the API server only shows
			continue
		case owner == nil:
			left = append(left, pod.Namespace+"/"+pod.Name)
			continue
		}
		err := client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{
			Preconditions: &metav1.Preconditions{UID: &pod.UID},
		})
		if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
			return restarted, left, fmt.Errorf("starting pod %s/%s anew: %w", pod.Namespace, pod.Name, err)
		}
		restarted++
	}
	return restarted, left, nil
}

func ended(pod *corev1.Pod) bool {
	return pod.DeletionTimestamp != nil || pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}
