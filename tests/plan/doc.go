// Package plan holds the plans of the stacks in this repository to what people have reviewed.
package plan
