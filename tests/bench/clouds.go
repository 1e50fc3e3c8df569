package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/stacks"
	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/tests/framework/apiserver"
	"github.com/rampart-iac/rampart/tests/framework/cloud"
)

// cloudStacks are those that are measured unless somebody chooses.
const cloudStacks = "eks-dev,eks-prod,aks-dev,aks-prod,gke-dev,gke-prod"

// cloudPackages are Pulumi's names of the clouds that clusters are in.
var cloudPackages = map[baseline.Provider]string{
	baseline.ProviderEKS: "aws", baseline.ProviderAKS: "azure-native", baseline.ProviderGKE: "gcp",
}

// clouds measures each cloud's stacks through the real engine, against what stands for the cloud's plugin and a real API server
// without nodes.
func (b *bench) clouds(ctx context.Context, report *Report) error {
	for _, stack := range b.stacks {
		provider, _, _ := strings.Cut(stack, "-")
		if err := b.cloudStack(ctx, report, baseline.Provider(provider), stack); err != nil {
			return fmt.Errorf("%s: %w", stack, err)
		}
	}
	return nil
}

// cloudStack measures preview and up of one stack.
func (b *bench) cloudStack(ctx context.Context, report *Report, provider baseline.Provider, stack string) (err error) {
	product, err := framework.Install(ctx, framework.Settings{Prefix: "bench-" + string(provider)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, product.Remove()) }()
	server, err := apiserver.Start(ctx, apiserver.Settings{})
	if err != nil {
		return err
	}
	ending, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- cloud.Controllers(ending, server.Client) }()
	defer func() {
		stop()
		if failed := <-ended; !errors.Is(failed, context.Canceled) {
			err = errors.Join(err, failed)
		}
		err = errors.Join(err, server.Stop())
	}()
	folder := filepath.Join(product.Dir, "cloud")
	stand, err := cloud.New(ctx, product.Root, folder, cloudPackages[provider])
	if err != nil {
		return err
	}
	if err := stand.Serve(ctx, server); err != nil {
		return err
	}
	product.Variables = stand.Environment()
	config, err := product.Take(stack)
	if err != nil {
		return err
	}
	if err := product.Configure(config); err != nil {
		return err
	}
	tags := strings.Join(slices.Sorted(slices.Values(stacks.BuildTags(provider))), "+")
	measured := map[string]string{
		filepath.Join(product.Root, ".rampart", "bin", "programs", tags, "rampart-program"): "program",
		filepath.Join(product.Root, ".rampart", "bin", "cloud-recorder"):                    "plugin",
	}
	run := func(command string) (Usage, error) {
		b.say(stack + ": " + command)
		return measure(ctx, product.Root, product.Environment(), product.Binary,
			product.StackArgs(command)...)
	}
	// The first time compiles the program.
	if _, err := run("preview"); err != nil {
		return err
	}
	if provider == baseline.ProviderAKS {
		if err := installCalico(product, server); err != nil {
			return err
		}
	}
	for _, command := range []string{"preview", "up"} {
		peaks := watchPeaks(measured)
		usage, err := run(command)
		found := peaks()
		if err != nil {
			return err
		}
		report.add(stack+": "+command, usage)
		for _, name := range []string{"program", "plugin"} {
			report.Amounts = append(report.Amounts, Amount{What: fmt.Sprintf("%s: %s, memory of the %s", stack, command, name),
				Value: found[name], Unit: "MiB"})
		}
	}
	again, err := run("up")
	if err != nil {
		return err
	}
	report.add(stack+": up without changes", again)
	count, err := resourcesOf(ctx, product)
	report.Amounts = append(report.Amounts, Amount{What: stack + ": resources", Value: count})
	return err
}

// installCalico gives a server the definitions that a cluster of AKS comes with.
func installCalico(product *framework.Product, server *apiserver.Server) error {
	images, err := stacks.ReadImages(product.Home())
	if err != nil {
		return err
	}
	_, err = envtest.InstallCRDs(server.Admin, envtest.CRDInstallOptions{
		Paths: []string{images.CalicoCRDs}, ErrorIfPathMissing: true,
	})
	return err
}

// resourcesOf counts what is in the stack's state.
func resourcesOf(ctx context.Context, product *framework.Product) (float64, error) {
	text, err := product.Pulumi(ctx, "stack", "export", "--stack", product.Stack)
	if err != nil {
		return 0, err
	}
	var state struct {
		Deployment struct {
			Resources []json.RawMessage `json:"resources"`
		} `json:"deployment"`
	}
	err = json.Unmarshal([]byte(text), &state)
	return float64(len(state.Deployment.Resources)), err
}

// watchPeaks looks at running programs, by their paths, and returns a function that ends it and says the most memory that each
// was seen to have taken, in MiB, by their names.
func watchPeaks(programs map[string]string) func() map[string]float64 {
	done, found := make(chan struct{}), make(chan map[string]float64)
	go func() {
		peaks := map[string]float64{}
		for {
			for name, peak := range peaksNow(programs) {
				peaks[name] = max(peaks[name], peak)
			}
			select {
			case <-done:
				found <- peaks
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return func() map[string]float64 {
		close(done)
		return <-found
	}
}

// peaksNow reads what the kernel has counted so far.
func peaksNow(programs map[string]string) map[string]float64 {
	processes, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		return nil
	}
	peaks := map[string]float64{}
	for _, link := range processes {
		path, err := os.Readlink(link)
		if err != nil || programs[path] == "" {
			continue // another's, or gone meanwhile
		}
		status, err := os.ReadFile(filepath.Join(filepath.Dir(link), "status"))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(status)) {
			var kib float64
			if _, err := fmt.Sscanf(line, "VmHWM: %f kB", &kib); err == nil {
				peaks[programs[path]] = max(peaks[programs[path]], kib/1024)
			}
		}
	}
	return peaks
}
