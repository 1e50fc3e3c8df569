package baseline

import (
	"strings"
	"testing"
)

func TestCheckUpgrade(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		have, want KubernetesVersion
		rule       string
	}{
		{"v1.37.0", "v1.37.0", ""},
		{"v1.36.2", "v1.36.4", ""},
		{"v1.36.2", "v1.37.0", ""},
		{"v1.37.1", "v1.37.0", "cannot go back"},
		{"v1.37.0", "v1.36.9", "cannot go back"},
		{"v1.35.9", "v1.37.0", "go to v1.36 first"},
		{"v1.33.1", "v1.37.0", "go to v1.34 first"},
		{"v1.37.0", "v2.0.0", "major"},
		{"a build of mine", "v1.37.0", "nobody knows"},
		{"a build of mine", "a build of mine", ""},
	} {
		err := CheckUpgrade(test.have, test.want)
		if (err == nil) != (test.rule == "") || (err != nil && !strings.Contains(err.Error(), test.rule)) {
			t.Errorf("%s to %s: %v, want %q", test.have, test.want, err, test.rule)
		}
	}
}
