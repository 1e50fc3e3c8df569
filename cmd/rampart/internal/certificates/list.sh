# Prints every certificate on a node, after a line with the path of the file that it is in. No key is printed.
for file in $(find /etc/kubernetes /var/lib/kubelet/pki \( -name '*.crt' -o -name '*-current.pem' \) 2>/dev/null | sort); do
	echo "==> $file"
	sed -n '/-BEGIN CERTIFICATE-/,/-END CERTIFICATE-/p' "$file"
done
for file in /etc/kubernetes/*.conf; do
	[ -e "$file" ] || continue
	echo "==> $file"
	sed -n 's/^ *client-certificate-data: *//p' "$file" | base64 -d
	echo
done
