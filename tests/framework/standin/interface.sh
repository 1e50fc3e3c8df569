#!/bin/sh
# A plugin of CNI, after the one that joined a pod to its node. It gives the pod's interface on the node the name that the VPC
# CNI of EKS gives it: by that name Calico finds out whose the interface is, where it enforces policy and is not the network.
set -eu
config=$(cat)
case $CNI_COMMAND in
VERSION)
	echo '{"cniVersion": "1.0.0", "supportedVersions": ["1.0.0"]}'
	exit
	;;
ADD) ;;
*) exit 0 ;; # the other plugin removes the interface, whatever its name
esac
value() { printf %s "$CNI_ARGS" | tr ';' '\n' | sed -n "s/^$1=//p"; }
name=eni$(printf %s.%s "$(value K8S_POD_NAMESPACE)" "$(value K8S_POD_NAME)" | sha1sum | cut -c1-11)
index=$(nsenter --net="$CNI_NETNS" ip -o link show "$CNI_IFNAME" | sed -n 's/.*@if\([0-9]*\):.*/\1/p')
given=$(ip -o link | sed -n "s/^$index: \([^@:]*\).*/\1/p")
pod=$(printf %s "$config" | jq -r '.prevResult.ips[0].address | split("/")[0]')
# An interface must be down to be renamed by older kernels, and loses the pod's route by it.
ip link set "$given" down
ip link set "$given" name "$name"
ip link set "$name" up
ip route replace "$pod" dev "$name" scope link
printf %s "$config" | jq --arg given "$given" --arg name "$name" \
	'.prevResult | .interfaces |= map(if .name == $given then .name = $name else . end)'
