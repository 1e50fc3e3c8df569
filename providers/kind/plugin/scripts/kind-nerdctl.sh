#!/bin/sh
# What the kind library calls in place of nerdctl. It has one network for all clusters on nerdctl, by the name of kind, and leaves
# it to nerdctl whether a node sees its own control groups alone. Here the nodes of a cluster are in a network of their own
# ($RAMPART_NETWORK) and see their own control groups alone, as they do on the other engines.
set -eu
command=$1
previous=
for argument do
	shift
	case "$command $previous $argument" in
	network\ *\ kind | *\ --net\ kind) argument=$RAMPART_NETWORK ;;
	esac
	previous=$argument
	set -- "$@" "$argument"
done
case "$command" in
run)
	shift
	exec nerdctl run --cgroupns=private "$@"
	;;
network) # kind looks for its name in the answer
	answer=$(nerdctl "$@")
	printf '%s\n' "$answer" | sed "s/^$RAMPART_NETWORK\$/kind/"
	;;
*) exec nerdctl "$@" ;;
esac
