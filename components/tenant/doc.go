// Package tenant makes a namespace that a team can be let into: held to Pod Security, isolated from all others,
// with a quota, limits for containers that name none, its secrets, and roles that end at its border.
//
// It is the one component that is composed of others (docs/decisions/0004-tenant-composition.md).
package tenant
