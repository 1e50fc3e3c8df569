// Package cis reads a node and says which items of the CIS Kubernetes Benchmark 1.12 it fulfils: all 65 automated ones
// of the sections 1 to 4, and of the manual ones those that a program can decide.
//
// It looks at what is there (files with their owners and modes, the command lines of processes, the configuration that
// they read) and not at what a tool was told to make. It knows nothing of how a cluster was made, and needs only a way
// to read on the node: see [Node] and [ByCommand].
//
// Section 5 is about objects in the API server and is not read from a node. Left out of the sections 1 to 4 are 3.1.1 to
// 3.1.3 and 3.2.2, which ask for a judgement.
package cis
