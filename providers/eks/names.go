package eks

import "strings"

// lastName of a path.
func lastName(path string) string { return path[strings.LastIndex(path, "/")+1:] }
