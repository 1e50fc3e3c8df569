// Command rampart-approver approves the kubelets' requests for serving certificates, and denies those that ask for more
// than a kubelet should have. It runs on control-plane nodes; docs/decisions says where and why.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"

	certificates "k8s.io/client-go/kubernetes/typed/certificates/v1"
	core "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/rampart-iac/rampart/cmd/rampart-approver/internal/approval"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "rampart-approver: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("rampart-approver", flag.ContinueOnError)
	kubeconfig := flags.String("kubeconfig", "", "the kubeconfig to reach the API server with")
	if err := flags.Parse(args); err != nil {
		return err
	}
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		return fmt.Errorf("reading the kubeconfig: %w", err)
	}
	config.UserAgent = "rampart-approver"
	requests, err := certificates.NewForConfig(config)
	if err != nil {
		return err
	}
	nodes, err := core.NewForConfig(config)
	if err != nil {
		return err
	}
	return approval.Controller{
		Requests: requests.CertificateSigningRequests(),
		Nodes:    nodes.Nodes(),
		Resolve:  net.DefaultResolver.LookupNetIP,
		Log:      slog.New(slog.NewTextHandler(os.Stderr, nil)),
	}.Run(ctx)
}
