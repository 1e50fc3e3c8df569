package attacks

import (
	"net"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/rampart-iac/rampart/verify"
)

// Places in words, as they stand beside rows and columns of the table of who reaches whom.
const (
	placeNode       = "a node itself"
	placeOutside    = "this machine, outside"
	placeAPI        = "API server"
	placeKubelet    = "kubelets"
	placeEtcd       = "etcd"
	placeMetadata   = "metadata address"
	placeWorld      = "the world"
	placeNameServer = "name server elsewhere"
	placeDNS        = "cluster DNS"
	placeOpen       = "namespace that allows all"
	placeNew        = "namespace just made"
	placeUnfenced   = "namespace before it denies all"
	placeFenced     = "namespace that denies all"
	placePlayed     = "played tenant "
	placeOwn        = "own namespace"
	placeCareless   = "tenant that allows all"
	// carelessSuffix follows the namespace of pods for which a policy of the tenant's own allows everything.
	carelessSuffix = ", allows all"
	// firstSuffix follows the namespace of a pod whose first act is the connection.
	firstSuffix = ", first packet"
)

// placeOf says where a pod is. Names of the run's own namespaces are random, and would be new rows in every run.
func placeOf(pod *corev1.Pod) string {
	if pod == nil {
		return placeNode
	}
	place := pod.Namespace
	if run := pod.Labels[verify.RunLabel]; run != "" {
		part, own := strings.CutPrefix(pod.Namespace, verify.NameOf(run, ""))
		switch {
		case !own:
		case part == "open":
			place = placeOpen
		case part == "new":
			place = placeNew
		case part == "fence":
			place = placeUnfenced
		default:
			place = placePlayed + part
		}
	}
	if pod.Labels[carelessLabel] != "" {
		place += carelessSuffix
	}
	return place
}

// placeOfPort says what listens on a port of a node.
func placeOfPort(port string) string {
	switch port {
	case kubeletPort:
		return placeKubelet
	case "2379", etcdPeer:
		return placeEtcd
	default:
		return placeAPI
	}
}

// seen is what became of a line.
func (l line) seen(allowed, arrived bool) verify.Connection {
	_, port, _ := net.SplitHostPort(l.target)
	from, to := placeOf(l.from), l.place
	switch {
	case from == to:
		to = placeOwn
	case strings.HasSuffix(to, carelessSuffix):
		to = placeCareless
	}
	return verify.Connection{From: from, To: to, Protocol: l.protocol, Port: port, Allowed: allowed, Arrived: arrived}
}
