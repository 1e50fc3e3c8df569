# Waits for the runtime of a node that was just started.
left=600
until systemctl is-active --quiet containerd && ctr version >/dev/null 2>&1; do
	left=$((left - 1))
	[ "$left" -gt 0 ] || { journalctl --no-pager --unit containerd --lines 20 >&2; exit 1; }
	sleep 0.1
done
