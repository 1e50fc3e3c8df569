package hardening

import (
	"fmt"
	"strings"

	"github.com/rampart-iac/rampart/baseline"
)

// tlsFloor is one TLS floor in the words of each component that it is set on.
type tlsFloor struct {
	// kubernetes is the value of --tls-min-version and of the kubelet's tlsMinVersion.
	kubernetes string
	// etcd is the value of etcd's --tls-min-version.
	etcd string
	// suites is nil for TLS 1.3, whose suites are all strong and cannot be chosen in Go.
	suites []string
}

// strongSuites are the TLS 1.2 suites that CIS 1.2.29 and 4.2.12 both allow: forward secrecy and authenticated
// encryption only.
var strongSuites = []string{
	"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
	"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
	"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
	"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
	"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
	"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
}

func tlsFloorFor(version baseline.TLSVersion) (tlsFloor, error) {
	switch version {
	case baseline.TLS13:
		return tlsFloor{kubernetes: "VersionTLS13", etcd: "TLS1.3"}, nil
	case baseline.TLS12:
		return tlsFloor{kubernetes: "VersionTLS12", etcd: "TLS1.2", suites: strongSuites}, nil
	default:
		return tlsFloor{}, fmt.Errorf("tlsMinVersion %q: use %q, or %q for clients that cannot do better",
			version, baseline.TLS13, baseline.TLS12)
	}
}

// addTo sets the floor among a component's flags; suitesFlag is what it calls its list of suites.
func (f tlsFloor) addTo(args map[string]string, version, suitesFlag string) {
	args["tls-min-version"] = version
	if len(f.suites) > 0 {
		args[suitesFlag] = strings.Join(f.suites, ",")
	}
}
