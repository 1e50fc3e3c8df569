package eks

import "strings"

// lastName of a path.
func lastName(path string) string { return path[strings.LastIndex(path, "/")+1:] }

// accountOf is the account in an ARN.
func accountOf(arn string) string {
	const place = 4 // arn:partition:service:region:account:resource
	return strings.Split(arn, ":")[place]
}
