# Runs in a container of a node image, and puts what an upgrade needs of it into the folder /out: programs.tar, and images.tar
# with the images in its store that are not listed in the file known there, a name and a digest in each line. It goes through
# files because what a container prints last may be lost when it ends.
tar --create --dereference --file /out/programs.tar --directory "$(dirname "$(command -v kubelet)")" kubeadm kubelet kubectl
scratch=$(mktemp -d)
# Only what keeps images: nothing is unpacked or run here.
cat >"$scratch/config.toml" <<'CONFIG'
version = 2
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime",
  "io.containerd.nri.v1.nri", "io.containerd.internal.v1.opt", "io.containerd.podsandbox.controller.v1.cri"]
CONFIG
containerd --config "$scratch/config.toml" --state "$scratch/state" --address "$scratch/socket" >"$scratch/log" 2>&1 &
store() { ctr --address "$scratch/socket" --namespace k8s.io "$@"; }
left=300
until [ -S "$scratch/socket" ] && store version >/dev/null 2>&1; do
	left=$((left - 1))
	[ "$left" -gt 0 ] || { echo "containerd does not answer in the node image:" >&2; tail -n 5 "$scratch/log" >&2; exit 1; }
	sleep 0.1
done
lacking=
for image in $(store images ls | awk 'NR > 1 && $1 !~ /^sha256:|@/ { print $1 "=" $3 }'); do
	grep --quiet --line-regexp --fixed-strings "${image%=*} ${image##*=}" /out/known || lacking="$lacking ${image%=*}"
done
# shellcheck disable=SC2086 # names have no blanks
[ -z "$lacking" ] || store images export /out/images.tar $lacking
