package plan

import "testing"

func TestRangesOfTheInternet(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"0.0.0.0/0": true, "::/0": true, "203.0.113.0/24": true, "8.8.8.8": true, "10.0.0.0/7": true, "Internet": true,
		"10.0.0.0/8": false, "10.1.2.3/32": false, "172.16.0.0/12": false, "192.168.1.1": false, "fd00::/8": false, "127.0.0.1": false,
	} {
		if got := outside(text); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func TestObjectsThatOpenTheCluster(t *testing.T) {
	t.Parallel()
	object := func(kind string, inputs map[string]any) Record {
		return Record{Resources: []Resource{{Type: kind, Name: "it", Inputs: inputs}}}
	}
	for name, test := range map[string]struct {
		record Record
		ways   int
	}{
		"a Service inside": {object("kubernetes:core/v1:Service", map[string]any{"spec": map[string]any{"type": "ClusterIP"}}), 0},
		"a load balancer":  {object("kubernetes:core/v1:Service", map[string]any{"spec": map[string]any{"type": "LoadBalancer"}}), 1},
		"an Ingress":       {object("kubernetes:networking.k8s.io/v1:Ingress", nil), 1},
		"a role for all": {object("kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding", map[string]any{
			"subjects": []any{map[string]any{"name": "system:unauthenticated"}},
		}), 1},
		"a role for some": {object("kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding", map[string]any{
			"subjects": []any{map[string]any{"name": "team"}},
		}), 0},
	} {
		if got := public(test.record); len(got.Reachable) != test.ways || len(got.Unjudged) != 0 {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}
