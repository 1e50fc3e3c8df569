// Package verify shows what rampart verify says of API servers that are not hardened, or only in part: an attack that
// cannot get through anywhere would prove nothing.
package verify
