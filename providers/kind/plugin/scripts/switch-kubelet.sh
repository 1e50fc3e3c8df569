# Puts the new programs in the place of the old ones, and restarts the kubelet with them; pods run on. $1 is the folder that they
# are in, $2 their version.
for program in kubeadm kubectl kubelet; do
	place=$(command -v "$program")
	cmp --silent "$1/$program" "$place" && continue
	# A program that runs cannot be written to, but another one can be given its name.
	install --mode 755 "$1/$program" "$place.new"
	mv --force "$place.new" "$place"
done
# What kind has left of the configuration: kubeadm makes credentials from it, and takes no version that is too old, and no format
# that is: what this one still reads, the next may not. Workers that joined later have none.
config=/kind/kubeadm.conf
if [ -e "$config" ]; then
	sed --in-place "s/^kubernetesVersion: .*/kubernetesVersion: $2/" "$config"
	kubeadm config migrate --old-config "$config" --new-config "$config.new"
	mv --force "$config.new" "$config"
fi
systemctl daemon-reload
systemctl restart kubelet
