package plugin

import (
	"path/filepath"
	"regexp"
	"strings"
)

// imageTagRule and imageDigestRule are the distribution specification's.
var (
	imageTagRule    = regexp.MustCompile(`:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)
	imageDigestRule = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
)

func (c *clusterCheck) image(image string) {
	if !c.given("image") {
		return
	}
	name, digest, hasDigest := strings.Cut(image, "@")
	switch {
	case name == "" || strings.ContainsFunc(image, func(r rune) bool { return r <= ' ' || r > '~' }):
		c.fail("image", "%q is not an image reference", image)
	case hasDigest && !imageDigestRule.MatchString(digest):
		c.fail("image", "%q has a digest that is not sha256: and 64 hexadecimal digits", image)
	case !hasDigest && !imageTagRule.MatchString(name[strings.LastIndex(name, "/")+1:]):
		c.fail("image", "%q has neither tag nor digest: a node image must be pinned", image)
	case !hasDigest && strings.HasSuffix(name, ":latest"):
		c.fail("image", "%q is tagged latest, which names no image in particular: a node image must be pinned", image)
	}
}

func (c *clusterCheck) imageArchive(archive string) {
	if c.given("imageArchive") && !filepath.IsAbs(archive) {
		c.fail("imageArchive", "%q is not an absolute path: the plugin's working directory is not the program's", archive)
	}
}

func (c *clusterCheck) imageID(id string) {
	if c.given("imageId") && !imageDigestRule.MatchString(id) {
		c.fail("imageId", "%q is not an image ID: it must be sha256: and 64 hexadecimal digits", id)
	}
}
