// Package stacks turns the configuration of one environment into the layers of a cluster.
//
// A stack is a file Pulumi.<stack>.yaml in this folder. Load reads its values into a typed Config, fills in defaults
// and reports every fault at once, each with the setting, its value and the rule. Program is the recipe: it reads as
// the list of layers, in the order in which they are made.
//
// The command line calls Load before it builds or starts anything; the program calls it again on what the engine hands
// it, so that a "pulumi up" by hand is held to the same rules.
package stacks
