// Package interruption brings a stack up while it is interrupted again and again, and then takes it down. It has a
// cluster of its own, because nothing else can be tested on it.
package interruption
