package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

const (
	// rotatedSecrets are written anew by a rotation, beside the few that the cluster has.
	rotatedSecrets = 2000

	// rotationAim is how many a second it is to be.
	rotationAim = 200
)

// rotated is where the command says how many objects it has written anew, in how long.
var rotated = regexp.MustCompile(`([0-9]+) objects were written anew in [^,]+, ([0-9]+) a second`)

// rotation measures a rotation of the key that secrets are encrypted with: the whole command, and its rewriting.
func (b *bench) rotation(ctx context.Context, report *Report) error {
	cluster, err := b.product.Connect(ctx)
	if err != nil {
		return err
	}
	b.say(fmt.Sprintf("making %d secrets", rotatedSecrets))
	if err := makeSecrets(ctx, cluster.Admin); err != nil {
		return err
	}
	b.say("rampart rotate-key")
	usage, output, err := measureOutput(ctx, b.product.Root, b.product.Environment(), b.product.Binary,
		b.product.StackArgs("rotate-key")...)
	if err != nil {
		return err
	}
	report.add(fmt.Sprintf("rotate-key, %d secrets", rotatedSecrets), usage)
	said := rotated.FindStringSubmatch(output)
	if said == nil {
		return fmt.Errorf("rotate-key does not say how fast it was:\n%s", output)
	}
	rate, err := strconv.ParseFloat(said[2], 64)
	if err != nil {
		return err
	}
	report.Amounts = append(report.Amounts, Amount{
		What: "secrets written anew in a second, of " + said[1], Value: rate, Unit: "1/s", Aim: fmt.Sprintf("at least %d", rotationAim),
	})
	return nil
}

func makeSecrets(ctx context.Context, admin *rest.Config) error {
	config := rest.CopyConfig(admin)
	config.QPS = -1 // as fast as the API server takes them
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	const namespace, atOnce = "bench-rotation", 16
	if _, err := client.CoreV1().Namespaces().Create(ctx,
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, metav1.CreateOptions{}); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := range rotatedSecrets {
		group.Go(func() error {
			_, err := client.CoreV1().Secrets(namespace).Create(ctx, &corev1.Secret{
				ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("secret-%d", i)},
				StringData: map[string]string{"value": fmt.Sprintf("%0200d", i)},
			}, metav1.CreateOptions{})
			return err
		})
	}
	return group.Wait()
}
