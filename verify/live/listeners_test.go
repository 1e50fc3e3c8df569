package live

import (
	"slices"
	"testing"
)

func TestListenersAreReadFromSS(t *testing.T) {
	t.Parallel()
	got, err := parseListeners(`LISTEN 0 4096 127.0.0.1:10248 0.0.0.0:* users:(("kubelet",pid=731,fd=17))
LISTEN 0 4096 *:6443 *:* users:(("kube-apiserver",pid=512,fd=3))
LISTEN 0 128 127.0.0.53%lo:53 0.0.0.0:*
LISTEN 0 128 [fe80::1%eth0]:2379 [::]:* users:(("etcd",pid=1,fd=2))
`)
	if err != nil {
		t.Fatal(err)
	}
	want := []Listener{
		{"127.0.0.1", "10248", "kubelet"}, {"::", "6443", "kube-apiserver"}, {"127.0.0.53", "53", ""}, {"fe80::1", "2379", "etcd"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if node := (&Node{Address: "10.89.0.2"}); got[1].Dialable(node) != "10.89.0.2:6443" || got[0].Dialable(node) != "127.0.0.1:10248" {
		t.Errorf("dialable at %s and %s", got[1].Dialable(node), got[0].Dialable(node))
	}
	if !got[0].Loopback() || got[1].Loopback() {
		t.Error("loopback is mistaken")
	}
}

func TestUnreadableListenersAreNotPassedOver(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"LISTEN 0", "LISTEN 0 128 nonsense 0.0.0.0:*"} {
		if _, err := parseListeners(line); err == nil {
			t.Errorf("accepted %q", line)
		}
	}
}
