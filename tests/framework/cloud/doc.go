// Package cloud stands for a cloud in tests of the whole program. What every cloud's stacks are held to is package suite.
//
// The engine is the real one, and so are its protocol, the Kubernetes plugin and, where a test applies what goes into the
// cluster, the API server. What cannot be had is the cloud: its plugin is played by a recorder (internal/provider), which
// holds every request to the provider's own schema as its Go SDK has it (internal/schema), makes up the answers and writes
// the calls down; the cluster that it makes up has the address and the authority of a real API server without nodes
// (tests/framework/apiserver), on which Controllers says of every workload that it runs; and the command line by which
// the cloud's clients log in is a script that hands out a certificate of that server.
package cloud
