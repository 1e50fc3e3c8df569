# Puts another manifest in the place of a static pod's, of which the kubelet then makes another pod.
#
#   $1  the manifest, in the folder that the kubelet watches
#   $2  where the new one is written first, on the same file system
#   $3  its size in bytes; it comes by standard input
#
# It is taken away and put back, not only replaced. A kubelet that is to start the new pod while it still ends the old one asks
# again after 10 to 15 seconds, and by then controller manager and scheduler have lost the leases that they could not renew, and
# have ended, too. It removes the pod's folder when it is done with the pod.
#
# ROOT is for tests.
set -eu
manifest=$1 new=$2 size=$3
folders=${ROOT:-}/var/lib/kubelet/pods
container=$(basename "$manifest" .yaml)
umask 077
# One that comes half, because whoever sends it was killed, is none.
cat >"$new.part"
[ "$(wc -c <"$new.part")" -eq "$size" ] || { rm -f "$new.part"; echo "the manifest came half" >&2; exit 1; }
mv "$new.part" "$new"

# Whatever ends this script: the pod has a manifest.
place() { [ ! -e "$new" ] || mv "$new" "$manifest"; }
trap place EXIT
trap 'exit 1' HUP INT TERM
rm -f "$manifest"
left=100
while [ $left -gt 0 ] && ls -d "$folders"/*/containers/"$container" >/dev/null 2>&1; do
	left=$((left - 1))
	sleep 0.2
done
