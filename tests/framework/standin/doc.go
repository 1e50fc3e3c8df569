// Package standin makes a cluster of kind as it comes, and has it stand for one in a cloud: the cloud's plugin is played
// (tests/framework/cloud), and what goes into the cluster goes into a real one, with nodes, controllers and pods.
package standin
