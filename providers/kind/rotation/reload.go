package rotation

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

const (
	// loadedMetric carries, as a label, the hash of the encryption configuration that an API server has taken up.
	loadedMetric = "apiserver_encryption_config_controller_last_config_info"

	// reloadPoll is short beside the minute that an API server takes, and long beside the time in which it writes all its metrics
	// down, which on a large cluster are megabytes.
	reloadPoll = 3 * time.Second
)

// awaitReload waits until every API server has taken up the file, which must name the given keys.
func (r *Rotation) awaitReload(ctx context.Context, names []string) (Configuration, error) {
	config, err := r.Keys.Configuration(ctx)
	if err != nil {
		return Configuration{}, err
	}
	if !slices.Equal(config.Keys, names) {
		return Configuration{}, fmt.Errorf("the API servers' encryption configuration has the keys %s instead of %s: "+
			"run up, then this again", strings.Join(config.Keys, ", "), strings.Join(names, ", "))
	}
	timeout := r.ReloadTimeout
	if timeout == 0 {
		timeout = defaultReloadTimeout
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("not within %s", timeout))
	defer cancel()
	for i, server := range r.Servers {
		end := r.Progress.Begin(fmt.Sprintf("Waiting for API server %d of %d to take it up (it looks every minute)",
			i+1, len(r.Servers)))
		err := awaitLoaded(ctx, server, config.Hash)
		end("", err)
		if err != nil {
			return Configuration{}, err
		}
	}
	return config, nil
}

func awaitLoaded(ctx context.Context, server *rest.Config, hash string) error {
	client, err := kubernetes.NewForConfig(server)
	if err != nil {
		return err
	}
	for {
		loaded, err := loadedHash(ctx, client)
		if err == nil && loaded == hash {
			return nil
		}
		if err != nil && refused(err) {
			return fmt.Errorf("the API server at %s: %w", server.Host, err)
		}
		if err == nil {
			err = errors.New("it has another one")
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the API server at %s to take up its encryption configuration: %w (last answer: %w); "+
				"its log says why", server.Host, context.Cause(ctx), err)
		case <-time.After(reloadPoll):
		}
	}
}

// loadedHash asks an API server which encryption configuration it has taken up.
func loadedHash(ctx context.Context, client kubernetes.Interface) (string, error) {
	text, err := client.CoreV1().RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return "", fmt.Errorf("asking for its metrics: %w (%s)", err, apierrors.ReasonForError(err))
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, len(text)+1)
	for lines.Scan() {
		labels, ok := strings.CutPrefix(lines.Text(), loadedMetric+"{")
		if !ok {
			continue
		}
		if _, value, ok := strings.Cut(labels, `,hash="`); ok {
			hash, _, _ := strings.Cut(value, `"`)
			return hash, nil
		}
	}
	return "", fmt.Errorf("its metrics have no %s: it does not reload its encryption configuration", loadedMetric)
}
