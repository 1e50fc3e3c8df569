#!/bin/sh
# The machine's runtime for containers, with one difference: podman, whose process id stands in the file "podman" beside
# this script, is killed at the moment at which a container is made and not yet started.
dir=$(dirname "$0")
for word in "$@"; do
	if [ "$word" = create ]; then
		podman=$(cat "$dir/podman")
		kill -STOP "$podman" # so that it hears of the container, and has no time to write it down
		runc "$@"
		status=$?
		(sleep 1 && kill -KILL "$podman") >/dev/null 2>&1 </dev/null &
		exit "$status"
	fi
done
exec runc "$@"
