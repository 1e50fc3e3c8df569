package attacks

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/rampart-iac/rampart/verify/cis"
	"github.com/rampart-iac/rampart/verify/live"
)

// auditDeadline is how long the API server may take to write down what it has answered.
const auditDeadline = 15 * time.Second

// noLog says that the API server keeps no audit log at all.
var errNoAuditLog = errors.New("the API server keeps no audit log: it has no --audit-log-path")

// auditFolder is where the API server writes its log, from its own command line.
func auditFolder(ctx context.Context, node *live.Node) (string, error) {
	processes, err := cis.ByCommand(node.Exec).Processes(ctx)
	if err != nil {
		return "", err
	}
	for _, process := range processes {
		if path.Base(process.Args[0]) != "kube-apiserver" {
			continue
		}
		for _, arg := range process.Args {
			if file, ok := strings.CutPrefix(arg, "--audit-log-path="); ok && file != "-" {
				return path.Dir(file), nil
			}
		}
		return "", errNoAuditLog
	}
	return "", fmt.Errorf("no API server runs on node %s", node.Name)
}

// auditEvent has the fields of an audit line that are looked at.
type auditEvent struct {
	Verb, RequestURI string
	User             struct{ Username string }
	ObjectRef        struct{ Resource, Namespace, Name, Subresource string }
	ResponseStatus   struct{ Code int }
}

// auditLines returns the events whose line holds a text. Rotated files count: a log that was just rotated has its last
// lines in the file before.
func auditLines(ctx context.Context, node *live.Node, folder, text string) ([]auditEvent, error) {
	found, err := node.Exec(ctx, "sh", "-c",
		`grep --no-filename --fixed-strings -e "$0" "$1"/*.log || test $? -eq 1`, text, folder)
	if err != nil {
		return nil, err
	}
	return parseAudit(found)
}

func parseAudit(text string) ([]auditEvent, error) {
	var events []auditEvent
	const longest = 16 << 20
	lines := bufio.NewScanner(strings.NewReader(text))
	lines.Buffer(nil, longest)
	for lines.Scan() {
		var event auditEvent
		if json.Unmarshal(lines.Bytes(), &event) == nil { // else the line that is being written while it is read
			events = append(events, event)
		}
	}
	return events, lines.Err()
}
