// Package standin makes a cluster of kind as it comes, and has it stand for one in a cloud: the cloud's plugin is played
// (tests/framework/cloud), and what goes into the cluster goes into a real one, with nodes, controllers and pods.
//
// What is real: the engine and the program; every object of the layers, applied to the API server by the deployer's own
// identity; admission, roles and quotas; pods, and the packets between them.
//
// What is not: the cloud, its API server and its nodes. The pod network is made of the reference plugins and knows no policy,
// as those of the clouds without their enforcers. So:
//
//   - On EKS the stack brings Calico itself, in policy-only mode, and it is that Calico which holds the packets. Its images are
//     the node's own, under the names that the stack asks its registry for.
//   - On AKS Azure brings Calico. What stands for it is the same release, in the same mode, without endpoints for nodes; the
//     policies that it holds are the stack's.
//   - On GKE Google's data plane enforces policies, which cannot be had here: the stack's objects are there, and verify must
//     find out that nothing holds them.
package standin
