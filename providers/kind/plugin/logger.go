package plugin

import (
	"context"
	"fmt"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"sigs.k8s.io/kind/pkg/log"
)

// progress is where a cluster's making tells how it gets on: the engine's own log, for the resource in question. A status
// stands beside the resource while it is worked on, and is gone afterwards.
type progress interface {
	Debug(message string)
	InfoStatus(message string)
	Info(message string)
	Warning(message string)
}

// progressOf returns the log of the resource that an operation is about. It outlives the operation's cancellation: the
// cleaning up that follows is worth telling about.
func progressOf(ctx context.Context) progress {
	return p.GetLogger(context.WithoutCancel(ctx))
}

// kindLogger makes the kind library tell its progress to the engine.
type kindLogger struct {
	progress progress
}

var _ log.Logger = kindLogger{}

// expectedWarnings are parts of kind's warnings about what the plugin does on purpose.
func expectedWarnings() []string {
	return []string{
		"Overriding podman network", "Overriding docker network", "Here be dragons", "experimental podman provider",
		"cgroup v1 is deprecated",
	}
}

func (l kindLogger) Warn(message string) {
	message = strings.TrimSpace(message)
	for _, expected := range expectedWarnings() {
		if strings.Contains(message, expected) {
			l.progress.Debug(message)
			return
		}
	}
	l.progress.Warning(message)
}

func (l kindLogger) Warnf(format string, args ...any) {
	l.Warn(fmt.Sprintf(format, args...))
}

// Error is logged as a warning: what makes the operation fail is returned, and whatever is not does not.
func (l kindLogger) Error(message string) {
	l.progress.Warning(strings.TrimSpace(message))
}

func (l kindLogger) Errorf(format string, args ...any) {
	l.Error(fmt.Sprintf(format, args...))
}

func (l kindLogger) V(level log.Level) log.InfoLogger {
	return kindInfoLogger{progress: l.progress, user: level == 0}
}

// kindInfoLogger passes on messages of one level.
type kindInfoLogger struct {
	progress progress
	user     bool
}

// Enabled is true for debug messages too: the engine shows them if it was asked to.
func (kindInfoLogger) Enabled() bool {
	return true
}

func (l kindInfoLogger) Info(message string) {
	message = strings.TrimSpace(message)
	step, started := strings.CutPrefix(message, "•")
	switch {
	case message == "":
	case !l.user:
		l.progress.Debug(message)
	case started:
		l.progress.InfoStatus(stepName(step))
	case strings.HasPrefix(message, "✗"):
		l.progress.Info("Failed: " + stepName(strings.TrimPrefix(message, "✗")))
	default:
		// That a step is done is said by the next one's start, or by the end of it all.
		l.progress.Debug(message)
	}
}

func (l kindInfoLogger) Infof(format string, args ...any) {
	l.Info(fmt.Sprintf(format, args...))
}

// stepName strips the decoration off a step of kind's: " Preparing nodes 📦 📦   ..." is "Preparing nodes".
func stepName(step string) string {
	step = strings.Map(func(r rune) rune {
		if r > '~' {
			return -1
		}
		return r
	}, strings.TrimRight(step, ". "))
	return strings.Join(strings.Fields(step), " ")
}
