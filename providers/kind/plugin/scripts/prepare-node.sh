# Waits for the runtime of a node that was just started, and fits its configuration to the host. Its arguments are names of
# plugins of containerd's that must not raise the score by which the kernel chooses what to kill, and may be none.
left=600
until systemctl is-active --quiet containerd && ctr version >/dev/null 2>&1; do
	left=$((left - 1))
	[ "$left" -gt 0 ] || { journalctl --no-pager --unit containerd --lines 20 >&2; exit 1; }
	sleep 0.1
done
[ $# -gt 0 ] || exit 0
config=/etc/containerd/config.toml
for plugin in "$@"; do
	header="[plugins.\"$plugin\"]"
	if grep --quiet --fixed-strings --line-regexp "$header" "$config"; then
		awk -v header="$header" '{ print } $0 == header { print "  restrict_oom_score_adj = true" }' "$config" >"$config.new"
		mv "$config.new" "$config"
	else
		printf '\n%s\n  restrict_oom_score_adj = true\n' "$header" >>"$config"
	fi
done
systemctl restart containerd
