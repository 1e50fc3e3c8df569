package plugin

import (
	"slices"
	"testing"
)

// recordedProgress remembers what it was told.
type recordedProgress struct{ lines []string }

func (r *recordedProgress) Debug(message string)      { r.lines = append(r.lines, "debug: "+message) }
func (r *recordedProgress) Info(message string)       { r.lines = append(r.lines, "info: "+message) }
func (r *recordedProgress) InfoStatus(message string) { r.lines = append(r.lines, "status: "+message) }
func (r *recordedProgress) Warning(message string)    { r.lines = append(r.lines, "warning: "+message) }

func TestKindsStepsAreProgress(t *testing.T) {
	t.Parallel()
	progress := &recordedProgress{}
	logger := kindLogger{progress: progress}
	logger.V(0).Infof(" • %s  ...\n", "Starting control-plane 🕹️")
	logger.V(0).Infof(" ✓ %s\n", "Starting control-plane 🕹️")
	logger.V(0).Infof(" ✗ %s\n", "Joining worker nodes 🚜")
	logger.V(0).Info("")
	logger.V(0).Info("Creating cluster \"blue\" ...")
	logger.V(3).Info("kubeadm says much")
	logger.Warn("WARNING: Here be dragons! This is not supported currently.")
	logger.Warnf("the sky is %s", "falling")
	want := []string{
		"status: Starting control-plane",
		"debug: ✓ Starting control-plane 🕹️",
		"info: Failed: Joining worker nodes",
		"debug: Creating cluster \"blue\" ...",
		"debug: kubeadm says much",
		"debug: WARNING: Here be dragons! This is not supported currently.",
		"warning: the sky is falling",
	}
	if !slices.Equal(progress.lines, want) {
		t.Errorf("told %q, want %q", progress.lines, want)
	}
}
