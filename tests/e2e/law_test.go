package e2e

import (
	"cmp"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/verify/live"
)

// law is what the stack's file says of the namespaces in the table, in the fewest words that predict every cell.
type law struct {
	// within lists the namespaces that are open inside.
	within []string
	// across lists what is open between two of them, as "from to protocol".
	across []string
	// outside lists who may leave the cluster, as "namespace protocol".
	outside []string
	// apiServer lists who may connect to the API server.
	apiServer []string
}

// allows predicts one cell. The control's namespace is exempt, so that nothing stops it but what guards the other end.
func (l law) allows(from string, to target) bool {
	exempt := from == framework.ExemptNamespace
	switch to.kind {
	case aPod:
		if from == to.namespace {
			return slices.Contains(l.within, from)
		}
		return slices.Contains(l.across, fmt.Sprintf("%s %s %s", from, to.namespace, to.protocol))
	case anOutside:
		return exempt || slices.Contains(l.outside, from+" "+to.protocol)
	case theAPIServer:
		return exempt || slices.Contains(l.apiServer, from)
	case theDNS:
		return true
	default: // a port of a node, the metadata address
		return exempt
	}
}

type kind int

const (
	forbidden kind = iota
	aPod
	anOutside
	theAPIServer
	theDNS
)

// target is one column of the table.
type target struct {
	kind                         kind
	says, protocol, host, number string
	namespace                    string // of a pod
}

// draw shows the whole table to a person: who (down) reaches whom (across), and where that is not the law.
func draw(law law, sources []*corev1.Pod, targets []target, wrong map[cell]live.Reach) string {
	var table strings.Builder
	table.WriteString("+ reached, . not; in brackets what should not be\n")
	for j, to := range targets {
		fmt.Fprintf(&table, "  %2d %s %s %s\n", j, to.protocol, to.says, net.JoinHostPort(to.host, to.number))
	}
	fmt.Fprintf(&table, "%-32s", "")
	for j := range targets {
		fmt.Fprintf(&table, "%3d", j)
	}
	for i, from := range sources {
		fmt.Fprintf(&table, "\n%-32s", from.Namespace+"/"+from.Name)
		for j, to := range targets {
			mark := "."
			if law.allows(from.Namespace, to) {
				mark = "+"
			}
			if from.Status.PodIP == to.host {
				mark = " "
			}
			seen, isWrong := wrong[[2]int{i, j}]
			if !isWrong {
				fmt.Fprintf(&table, " %s ", mark)
				continue
			}
			fmt.Fprintf(&table, "[%s]", map[bool]string{true: "+", false: "."}[seen == live.Reached])
		}
	}
	table.WriteString("\n")
	for _, cell := range slices.SortedFunc(maps.Keys(wrong), func(a, b cell) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	}) {
		from, to := sources[cell[0]], targets[cell[1]]
		fmt.Fprintf(&table, "%s/%s to %s %s: %s\n", from.Namespace, from.Name, to.protocol, to.says, wrong[cell])
	}
	return table.String()
}
