# Takes the archive of images on its input into the node's store, without unpacking them: that is done when a pod needs one.
# The label keeps the kubelet from removing them when the disk runs full: they could perhaps not be pulled again. Each also
# gets the name that it would have if it had been pulled, because pods may have to name it by its digest.
store() { ctr --namespace k8s.io images "$@"; }
cat >"$1/images.tar"
store import --all-platforms --no-unpack --label io.cri-containerd.pinned=pinned "$1/images.tar" >/dev/null
rm "$1/images.tar"
store ls | awk 'NR > 1 && $1 !~ /^sha256:|@/ { name = $1; sub(/:[^:\/]*$/, "", name); print $1, name "@" $3 }' |
	while read -r tagged pinned; do
		[ -n "$(store ls --quiet "name==$pinned")" ] || store tag "$tagged" "$pinned" >/dev/null
	done
