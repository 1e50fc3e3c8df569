package plugin

import "testing"

func TestRenderConfig(t *testing.T) {
	t.Parallel()
	workers, port := 2, 16443
	args := ClusterArgs{
		Name: "blue", Image: testImage, Workers: &workers, APIServerPort: &port,
		PodSubnet: "10.244.0.0/16", ServiceSubnet: "10.96.0.0/16", Directory: "/srv/blue",
		ControlPlaneFiles:    map[string]string{"encryption.yaml": "the key"},
		ControlPlaneUnits:    map[string]string{"approver.service": "[Service]"},
		ControlPlanePrograms: map[string]string{"approver": "/srv/approver"},
		WorkerUnits:          map[string]string{"kubelet.service.d/modes.conf": "[Service]"},
		KubeadmConfigPatches: []string{"kind: ClusterConfiguration\napiServer:\n  extraArgs:\n    profiling: \"false\"\n"},
	}
	none := 0
	tests := map[string]struct {
		args   ClusterArgs
		quirks hostQuirks
	}{
		"full.yaml":   {args: args},
		"quirks.yaml": {args: args, quirks: hostQuirks{cgroupV1: true, boundedLimits: true}},
		"least.yaml": {args: ClusterArgs{
			Name: "blue", Image: testImage, Workers: &none, PodSubnet: "10.244.0.0/16", ServiceSubnet: "10.96.0.0/16",
			Directory: "/srv/blue",
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rendered, err := renderConfig(test.args, test.quirks)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "config-"+name, rendered)
		})
	}
}
