#!/bin/sh
# Puts another data directory in etcd's place, and the old one back if the API server does not answer then. It runs on a
# control-plane node as a unit of its systemd, so that it comes to its end whatever becomes of whoever started it.
#
#   $1  restore: put $3 in place
#       recover: put back what a restore that was cut off has left
#   $2  etcd's data directory
#   $3  the prepared data directory, on the same file system
#
# NODE_ROOT and PATIENCE (how often each of the control plane is asked whether it is there) are for tests.
set -eu
mode=$1 data=$2 prepared=${3:-}
kept=$data/rampart-before-restore
manifests=${NODE_ROOT:-}/etc/kubernetes/manifests
away=${NODE_ROOT:-}/etc/kubernetes/rampart-restore
pods='etcd kube-apiserver kube-controller-manager kube-scheduler'

say() { echo "$1" >"${NODE_ROOT:-}/run/rampart-restore.phase"; }

# running says whether a container of these pods runs. ctr comes with containerd; not every node has crictl.
running() {
	# Who cannot be asked may run.
	tasks=$(ctr --namespace k8s.io tasks list 2>/dev/null) || return 0
	for pod in "$@"; do
		for container in $(ctr --namespace k8s.io containers list --quiet \
			"labels.\"io.kubernetes.container.name\"==\"$pod\",labels.\"io.kubernetes.pod.namespace\"==kube-system" 2>/dev/null); do
			! echo "$tasks" | grep -q "^$container .* RUNNING" || return 0
		done
	done
	return 1
}

# stop_pods has the kubelet stop static pods, and waits until it has.
stop_pods() {
	for pod in "$@"; do
		[ ! -e "$manifests/$pod.yaml" ] || mv "$manifests/$pod.yaml" "$away/$pod.yaml"
	done
	left=600
	while running "$@"; do
		left=$((left - 1))
		[ $left -gt 0 ] || { echo "the control plane does not stop"; return 1; }
		sleep 0.2
	done
}

# forgotten waits until the kubelet is done with static pods, and has removed their folders. One that it is to start while it still
# ends the one before, it looks at again after 10 to 15 seconds only. No more depends on it.
forgotten() {
	for pod in "$@"; do
		left=50
		while [ $left -gt 0 ] && ls -d "${NODE_ROOT:-}"/var/lib/kubelet/pods/*/containers/"$pod" >/dev/null 2>&1; do
			left=$((left - 1))
			sleep 0.2
		done
	done
}

# stop takes the API server first. Without etcd it would answer nothing, not even the kubelet, which asks it to forget each pod
# that it has stopped before it goes on to the next one, and it would wait for its requests until it is killed.
stop() {
	mkdir -p "$away"
	stop_pods kube-apiserver && stop_pods $pods && forgotten $pods
}

# renew makes another pod of a manifest. The kubelet waits longer each time before it starts the same pod anew, minutes in the
# end, and forgets that only when the pod has run for ten minutes.
renew() {
	sed -i -e '/^    rampart\.dev\/restored: /d' "$1"
	grep -q '^  annotations:$' "$1" || sed -i -e 's/^metadata:$/&\n  annotations:/' "$1"
	sed -i -e "s|^  annotations:\$|&\\n    rampart.dev/restored: \"$(date -u +%FT%T.%NZ)\"|" "$1"
}

start() {
	for pod in $pods; do
		[ -e "$away/$pod.yaml" ] || continue
		renew "$away/$pod.yaml"
		mv "$away/$pod.yaml" "$manifests/$pod.yaml"
	done
	# What a sed that was killed has left would keep the folder, and the folder says that there is something to put back.
	rm -f "$away"/sed??????
	rmdir "$away" 2>/dev/null || true
	answers "the API server" kubectl --request-timeout 5s --kubeconfig /etc/kubernetes/admin.conf get --raw /readyz
}

# answers waits until a command that asks somebody succeeds.
answers() {
	who=$1
	shift
	left=${PATIENCE:-360}
	until "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		[ $left -gt 0 ] || { echo "$who does not answer"; return 1; }
		sleep 0.5
	done
}

# controllers waits for those without whom the API server answers and nothing comes of it. They tell everybody how they are.
controllers() {
	for port in 10257 10259; do
		answers "the control plane's port $port" curl --silent --fail --insecure --max-time 5 --noproxy '*' \
			"https://127.0.0.1:$port/healthz" || return 1
	done
}

put_back() {
	say "Putting the old data back"
	stop
	if [ -d "$kept/member" ]; then
		rm -rf "$data/member"
		mv "$kept/member" "$data/member"
	fi
	rm -rf "$kept"
	start
}

if [ "$mode" = recover ]; then
	put_back
	exit 0
fi

say "Stopping the control plane"
if ! stop; then
	start
	exit 1
fi
say "Putting the restored data in place"
mkdir -m 700 "$kept"
mv "$data/member" "$kept/member"
if ! mv "$prepared/member" "$data/member"; then
	put_back
	exit 1
fi
say "Starting the control plane"
if ! start; then
	put_back
	echo "the old data is back in place"
	exit 1
fi
# In one move: from here on there is nothing to put back.
mv "$kept" "$kept.over"
rm -rf "$kept.over"
say "Waiting for controller manager and scheduler"
if ! controllers; then
	echo "the restored data is in place: look at the pods of kube-system"
	exit 1
fi
