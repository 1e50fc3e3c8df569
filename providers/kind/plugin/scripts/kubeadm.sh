# Runs a command of a new kubeadm once, to its end: what an earlier run that was cut off has started is waited for, what it has
# finished is not done again. $1 is the folder of the new programs, $2 the name of the mark that it was done; the rest are
# kubeadm's arguments.
folder=$1 mark=$1/$2
shift 2
exec 9>"$folder/lock"
flock 9
[ ! -e "$mark" ] || exit 0
# A file takes what it says: nobody may be there to read a pipe any more.
"$folder/kubeadm" "$@" >"$mark.log" 2>&1 9>&- || {
	status=$?
	tail -n 40 "$mark.log" >&2
	exit "$status"
}
: >"$mark"
