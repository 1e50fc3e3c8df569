package baseline

import (
	"regexp"
	"strings"
	"testing"
)

func TestDefaultVersionIsSupported(t *testing.T) {
	t.Parallel()
	if _, err := PublishedNodeImage(DefaultKubernetesVersion); err != nil {
		t.Error(err)
	}
}

func TestNodeImagesArePinnedAndOfTheirVersion(t *testing.T) {
	t.Parallel()
	pinned := regexp.MustCompile(`^docker\.io/kindest/node:(v\d+\.\d+\.\d+)@sha256:[0-9a-f]{64}$`)
	for _, image := range publishedNodeImages {
		match := pinned.FindStringSubmatch(image.Reference)
		if match == nil || match[1] != string(image.Version) {
			t.Errorf("%s has image %q", image.Version, image.Reference)
		}
		if err := CheckKubernetesVersion(image.Version); err != nil {
			t.Errorf("there is an image of a version that is not supported: %v", err)
		}
	}
}

// A version that is only built has no image to pull: whoever needs one is told which versions have.
func TestVersionWithoutPublishedImageNamesWaysOut(t *testing.T) {
	t.Parallel()
	_, err := PublishedNodeImage("v1.36.3")
	if err == nil {
		t.Fatal("v1.36.3 has a published image: test with another one")
	}
	for _, want := range []string{`"v1.36.3"`, string(DefaultKubernetesVersion), "RAMPART_ROAD=airgap"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
}

func TestUnsupportedVersionNamesTheSupportedOnes(t *testing.T) {
	t.Parallel()
	for _, version := range []KubernetesVersion{"", "v1.2.3", "1.37.0", "v1.37"} {
		_, err := PublishedNodeImage(version)
		if err == nil {
			t.Errorf("%q is accepted", version)
			continue
		}
		for _, want := range []string{string(version), string(DefaultKubernetesVersion)} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q is not in: %v", want, err)
			}
		}
	}
}

func TestVersionsHaveWhatEarlierOnesBrought(t *testing.T) {
	t.Parallel()
	for version, want := range map[KubernetesVersion]bool{
		"v1.36.9": false, "v1.37.0-rc.1": true, "v1.37.0": true, "v1.37.2": true, "v1.100.0": true, "v2.0.0": true,
		"v1.9.0": false, "": false, "1.37.0": false, "v1.37.0+suffix": true,
	} {
		if version.Has("v1.37") != want {
			t.Errorf("%q has what v1.37 brought: %t", version, !want)
		}
	}
}
