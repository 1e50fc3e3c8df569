// Package approval decides which requests for kubelet serving certificates are approved.
//
// Kubernetes signs them (kubernetes.io/kubelet-serving) but approves none by itself: whoever can get one for a name that
// is not its own can play that server. A request is approved if it comes from a node, is for that node alone, and asks
// for nothing but to serve; if not, it is denied, for good. Requests for other signers are left alone.
package approval
