// Package published previews a stack on the published road, with the real Pulumi CLI and plugin, and servers of its own in the
// place of those that publish them.
package published
