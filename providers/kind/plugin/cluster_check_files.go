package plugin

import (
	"path"
	"path/filepath"
	"strings"
)

func (c *clusterCheck) files(files map[string]string) {
	if !c.known("controlPlaneFiles") {
		return
	}
	for _, name := range sortedKeys(files) {
		if !isCleanRelativePath(name) {
			c.fail("controlPlaneFiles", "%q is not a clean relative path: no leading slash, no . or .. in it", name)
			continue
		}
		// A file cannot also be the folder of another one.
		for parent := path.Dir(name); parent != "."; parent = path.Dir(parent) {
			if _, ok := files[parent]; ok {
				c.fail("controlPlaneFiles", "%q is a file and cannot hold %q", parent, name)
			}
		}
	}
}

func (c *clusterCheck) units(property string, units map[string]string) {
	if !c.known(property) {
		return
	}
	for _, name := range sortedKeys(units) {
		if !isCleanRelativePath(name) || unitOf(name) == "" {
			c.fail(property, "%q is neither a unit nor a drop-in: use a name such as my.service or kubelet.service.d/my.conf", name)
		}
	}
}

func (c *clusterCheck) programs(programs map[string]string) {
	if !c.known("controlPlanePrograms") {
		return
	}
	for _, name := range sortedKeys(programs) {
		if !isCleanRelativePath(name) || strings.Contains(name, "/") {
			c.fail("controlPlanePrograms", "%q is not a name of a program: no slashes in it", name)
		}
		if source := programs[name]; !filepath.IsAbs(source) || filepath.Clean(source) != source {
			c.fail("controlPlanePrograms", "%q is not a clean absolute path of a program on this machine", source)
		}
	}
}

func isCleanRelativePath(name string) bool {
	return name != "" && name != "." && path.Clean(name) == name && !path.IsAbs(name) &&
		name != ".." && !strings.HasPrefix(name, "../") && !strings.ContainsAny(name, "\\\x00")
}
