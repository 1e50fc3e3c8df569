// Package plan says what a stack will make before anything is made: how much of what, which controls that enforces, what the
// world can reach, who may do what, and what it costs a month.
//
// It reads a Record, which the program of the stack itself writes (package record), and nothing else: no cloud is asked, and
// nothing is taken for granted. What it cannot judge, it says.
package plan
