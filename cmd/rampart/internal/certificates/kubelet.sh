# Has the kubelet of a node ask for a new client certificate, as if the node joined. The way in for that stands in standard
# input. What was there before is put back if none comes.
umask 077
conf=/etc/kubernetes/kubelet.conf first=/etc/kubernetes/bootstrap-kubelet.conf
current=/var/lib/kubelet/pki/kubelet-client-current.pem kept=/var/lib/kubelet/rampart-before-renewal

# What a run that was cut off has left is older than what stands, if anything does.
if [ -d "$kept" ]; then
	[ -s "$conf" ] || cp -a "$kept/kubelet.conf" "$conf"
	[ -s "$current" ] || cp -a "$kept/client.pem" "$current"
	rm -rf "$kept"
fi
cat >"$first.new"
mkdir "$kept"
cp -a "$conf" "$kept/kubelet.conf"
cp -aL "$current" "$kept/client.pem"
mv "$first.new" "$first"
rm -f "$conf" "$current"
systemctl restart kubelet
left=60
until [ -s "$conf" ] && [ -s "$current" ]; do
	left=$((left - 1))
	if [ $left -eq 0 ]; then
		cp -a "$kept/kubelet.conf" "$conf"
		cp -a "$kept/client.pem" "$current"
		rm -rf "$kept" "$first"
		systemctl restart kubelet
		echo "the kubelet got no certificate within a minute; it has the old one again" >&2
		exit 1
	fi
	sleep 1
done
rm -rf "$kept" "$first"
