package hardening

import (
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// eventLimits is the configuration of the admission plugin EventRateLimit. Its Go type is not in a module that can be
// imported by itself.
type eventLimits struct {
	metav1.TypeMeta `json:",inline"`

	Limits []eventLimit `json:"limits"`
}

// eventLimit is a bucket that fills with QPS events a second and holds Burst of them. CacheSize is how many buckets of a
// kind are remembered.
type eventLimit struct {
	Type      string `json:"type"`
	QPS       int32  `json:"qps"`
	Burst     int32  `json:"burst"`
	CacheSize int32  `json:"cacheSize,omitempty"`
}

// eventRateLimit limits how many events are taken (CIS 1.2.9), so that nobody fills etcd with them. What comes above is
// refused with status 429, and only events are: no other request is touched. A namespace's limit stops a tenant's pod that
// crashes in a loop; the server's is above what a full cluster of this size produces when everything starts at once.
func eventRateLimit() ([]byte, error) {
	return json.Marshal(eventLimits{
		TypeMeta: metav1.TypeMeta{APIVersion: "eventratelimit.admission.k8s.io/v1alpha1", Kind: "Configuration"},
		Limits: []eventLimit{
			{Type: "Server", QPS: 500, Burst: 2000},
			{Type: "Namespace", QPS: 50, Burst: 200, CacheSize: 2000},
			{Type: "SourceAndObject", QPS: 10, Burst: 50, CacheSize: 4096},
		},
	})
}
