package eks

import (
	"encoding/base64"
	"strings"
)

// lastName of a path.
func lastName(path string) string { return path[strings.LastIndex(path, "/")+1:] }

func decode(text string) (string, error) {
	content, err := base64.StdEncoding.DecodeString(text)
	return string(content), err
}
