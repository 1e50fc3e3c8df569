package stacks

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/components/access"
	"github.com/rampart-iac/rampart/components/admission"
)

// testHost is a machine in one private network.
func testHost() Host {
	return Host{
		Networks: []HostNetwork{
			{Interface: "lo", Range: netip.MustParsePrefix("127.0.0.0/8")},
			{Interface: "eth0", Range: netip.MustParsePrefix("10.20.0.0/16")},
		},
		Now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC),
	}
}

func TestLoadReportsBadInput(t *testing.T) {
	t.Parallel()
	longName := strings.Repeat("a", 64)
	for name, test := range map[string]struct {
		values Values
		want   []string // every line of the error
	}{
		"unknown provider": {
			Values{"rampart:provider": "fargate"},
			[]string{`rampart:provider "fargate": is not a known provider: use one of kind, eks, aks, gke`},
		},
		"number where text belongs": {
			Values{"rampart:cluster": `{"tlsMinVersion":1.3}`},
			[]string{`rampart:cluster.tlsMinVersion 1.3: is a number, must be text: put it in quotes`},
		},
		"text where a number belongs": {
			Values{"rampart:cluster": `{"workers":"two"}`},
			[]string{`rampart:cluster.workers "two": is text, must be a whole number`},
		},
		"a fraction of a node": {
			Values{"rampart:cluster": `{"workers":1.5}`},
			[]string{`rampart:cluster.workers 1.5: is a number, must be a whole number`},
		},
		"text where true or false belongs": {
			Values{"rampart:cluster": `{"ephemeral":"yes"}`},
			[]string{`rampart:cluster.ephemeral "yes": is text, must be true or false`},
		},
		"text where a mapping belongs": {
			Values{"rampart:cluster": "blue"},
			[]string{`rampart:cluster "blue": is text, must be a mapping of settings`},
		},
		"mapping where a list belongs": {
			Values{"rampart:tenants": `{"name":"blue"}`},
			[]string{`rampart:tenants {"name":"blue"}: is a mapping, must be a list`},
		},
		"text where a tenant belongs": {
			Values{"rampart:tenants": `["blue"]`},
			[]string{`rampart:tenants[0] "blue": is text, must be a mapping of settings`},
		},
		"empty setting": {
			Values{"rampart:cluster": `{"name":null}`},
			[]string{`rampart:cluster.name null: is empty, must be text`},
		},
		"misspelt key at the top": {
			Values{"rampart:clutser": `{}`},
			[]string{`rampart:clutser: is not a known setting: did you mean rampart:cluster?`},
		},
		"misspelt key below": {
			Values{"rampart:cluster": `{"podCidr":"10.244.0.0/16"}`},
			[]string{`rampart:cluster.podCidr: is not a known setting: did you mean podCIDR?`},
		},
		"misspelt key in a list": {
			Values{"rampart:tenants": `[{"name":"blue","viewer":{"group":["x"]}}]`},
			[]string{`rampart:tenants[0].viewer: is not a known setting: did you mean viewers?`},
		},
		"key that is near nothing": {
			Values{"rampart:admission": `{"allowedRegistries":["a.io"],"webhook":true}`},
			[]string{`rampart:admission.webhook: is not a known setting: use one of allowedRegistries, deployers, digestRequired, ` +
				`externalIPNamespaces, hostPathNamespaces, loadBalancerNamespaces, nodePortNamespaces, protectedNamespaces, ` +
				`resources, tokenAudiences, tokenLifetimeSeconds, wildcardHostNamespaces`},
		},
		"admission settings below the level": {
			Values{"rampart:admission": `{"resources":"none","digestRequired":false}`},
			[]string{
				`rampart:admission.resources "none": goes without RMP-ADM-005, which level restricted asks for: leave the setting out, ` +
					`or waive the control for the cluster with a reason and an end (rampart:baseline.waivers)`,
				`rampart:admission.digestRequired false: goes without RMP-IMG-003, which level restricted asks for: leave the ` +
					`setting out, or waive the control for the cluster with a reason and an end (rampart:baseline.waivers)`,
			},
		},
		"admission settings of the wrong type": {
			Values{"rampart:admission": `{"digestRequired":"yes"}`},
			[]string{`rampart:admission.digestRequired "yes": is text, must be true or false`},
		},
		"admission settings out of range": {
			Values{"rampart:admission": `{"resources":"most","tokenLifetimeSeconds":60,"tokenAudiences":["*","a","a"," "],` +
				`"hostPathNamespaces":["Blue"],"protectedNamespaces":["a","a"],"externalIPNamespaces":[""],` +
				`"deployers":{"users":["system:admin"],"groups":["*"]}}`},
			[]string{
				`rampart:admission.resources "most": is not known: use one of all, without-cpu-limit, none`,
				`rampart:admission.tokenLifetimeSeconds 60: is out of range: use 600 to 86400`,
				`rampart:admission.tokenAudiences[0] "*": is a wildcard: name each one`,
				`rampart:admission.tokenAudiences[2] "a": is named twice: remove one`,
				`rampart:admission.tokenAudiences[3] " ": is not an audience: write it in printable ASCII, without spaces around it`,
				`rampart:admission.hostPathNamespaces[0] "Blue": is not a namespace name: use at most 63 lower-case letters, ` +
					`digits and dashes, with a letter or digit at both ends`,
				`rampart:admission.protectedNamespaces[1] "a": is named twice: remove one`,
				`rampart:admission.externalIPNamespaces[0] "": is not a namespace name: use at most 63 lower-case letters, ` +
					`digits and dashes, with a letter or digit at both ends`,
				`rampart:admission.deployers.users[0] "system:admin": is one of Kubernetes' own users or groups: choose another name`,
				`rampart:admission.deployers.groups[0] "*": is a wildcard: name each one`,
			},
		},
		"misspelt namespace": {
			Values{"ramprat:cluster": `{}`},
			[]string{`ramprat:cluster: is not a known setting: did you mean rampart:cluster?`},
		},
		"pod range in the host's network": {
			Values{"rampart:cluster": `{"podCIDR":"10.20.128.0/17"}`},
			[]string{`rampart:cluster.podCIDR "10.20.128.0/17": overlaps 10.20.0.0/16 of this machine's interface eth0: ` +
				`choose a range that this machine does not use`},
		},
		"pod range around everything": {
			Values{"rampart:cluster": `{"podCIDR":"10.0.0.0/8"}`},
			[]string{
				`rampart:cluster.podCIDR "10.0.0.0/8": overlaps rampart:cluster.serviceCIDR "10.96.0.0/16": ` +
					`choose ranges that do not meet`,
				`rampart:cluster.podCIDR "10.0.0.0/8": overlaps 10.20.0.0/16 of this machine's interface eth0: ` +
					`choose a range that this machine does not use`,
			},
		},
		"service range in the host's network": {
			Values{"rampart:cluster": `{"serviceCIDR":"10.20.4.0/22"}`},
			[]string{`rampart:cluster.serviceCIDR "10.20.4.0/22": overlaps 10.20.0.0/16 of this machine's interface eth0: ` +
				`choose a range that this machine does not use`},
		},
		"ranges that are none": {
			Values{"rampart:cluster": `{"podCIDR":"10.244.0.0","serviceCIDR":"fd00::/112"}`},
			[]string{
				`rampart:cluster.podCIDR "10.244.0.0": is not a range in CIDR notation: write one such as 10.244.0.0/16`,
				`rampart:cluster.serviceCIDR "fd00::/112": is not an IPv4 range: only IPv4 is supported`,
			},
		},
		"ranges of no use": {
			Values{"rampart:cluster": `{"podCIDR":"10.244.1.0/16","serviceCIDR":"10.96.0.0/30"}`},
			[]string{
				`rampart:cluster.podCIDR "10.244.1.0/16": has bits set behind the prefix: did you mean 10.244.0.0/16?`,
				`rampart:cluster.serviceCIDR "10.96.0.0/30": is a /30: use a range from /12 to /24`,
			},
		},
		"unsupported Kubernetes": {
			Values{"rampart:cluster": `{"kubernetesVersion":"v1.12.0"}`},
			[]string{`rampart:cluster.kubernetesVersion "v1.12.0": is not supported: use one of v1.37.2, v1.37.0, v1.36.3, v1.35.3`},
		},
		"image without tag or digest": {
			Values{"rampart:cluster": `{"image":"localhost:5000/kind/node"}`},
			[]string{`rampart:cluster.image "localhost:5000/kind/node": has neither a tag nor a digest: ` +
				`add :<tag> or, better, @sha256:<digest>`},
		},
		"image that moves": {
			Values{"rampart:cluster": `{"image":"kindest/node:latest"}`},
			[]string{`rampart:cluster.image "kindest/node:latest": has the tag latest, which moves: ` +
				`name a release or a digest`},
		},
		"no registry": {
			Values{"rampart:admission": `{"allowedRegistries":[]}`},
			[]string{`rampart:admission.allowedRegistries []: is empty, so that no pod could run: ` +
				`name at least one registry, such as registry.k8s.io`},
		},
		"registries that are none": {
			Values{"rampart:admission": `{"allowedRegistries":["","*","*.io","https://ghcr.io","ghcr.io/","library",` +
				`"Ghcr.io","ghcr.io/a b","ghcr.io","ghcr.io"]}`},
			[]string{
				`rampart:admission.allowedRegistries[0] "": is empty: name a registry, such as registry.k8s.io`,
				`rampart:admission.allowedRegistries[1] "*": is a wildcard, which would allow anybody's images: ` +
					`name each registry`,
				`rampart:admission.allowedRegistries[2] "*.io": is a wildcard, which would allow anybody's images: ` +
					`name each registry`,
				`rampart:admission.allowedRegistries[3] "https://ghcr.io": has a scheme: ` +
					`write the host alone, as in an image's name`,
				`rampart:admission.allowedRegistries[4] "ghcr.io/": ends with a slash: leave it out; ` +
					`only whole parts of a path match in any case`,
				`rampart:admission.allowedRegistries[5] "library": is not a registry: write a host name with a dot or a port ` +
					`in lower case, such as registry.k8s.io, or a host and a path, such as ghcr.io/acme`,
				`rampart:admission.allowedRegistries[6] "Ghcr.io": is not a registry: write a host name with a dot or a port ` +
					`in lower case, such as registry.k8s.io, or a host and a path, such as ghcr.io/acme`,
				`rampart:admission.allowedRegistries[7] "ghcr.io/a b": is not a registry: write a host name with a dot or a ` +
					`port in lower case, such as registry.k8s.io, or a host and a path, such as ghcr.io/acme`,
				`rampart:admission.allowedRegistries[9] "ghcr.io": is there already, as ` +
					`rampart:admission.allowedRegistries[8]: remove one`,
			},
		},
		"tenants": {
			Values{"rampart:tenants": `[{"name":"blue"},{"name":"blue"},{"name":"Blue_1"},{"name":"kube-system"},` +
				`{"name":"default"},{"name":"` + longName + `"},{}]`},
			[]string{
				`rampart:tenants[1].name "blue": is the name of rampart:tenants[0] already: tenants need names of their own`,
				`rampart:tenants[2].name "Blue_1": is not a namespace name: use at most 63 lower-case letters, digits and ` +
					`dashes, with a letter or digit at both ends`,
				`rampart:tenants[3].name "kube-system": is a namespace of Kubernetes itself: choose another name`,
				`rampart:tenants[4].name "default": is a namespace of Kubernetes itself: choose another name`,
				`rampart:tenants[5].name "` + longName + `": is not a namespace name: use at most 63 lower-case letters, ` +
					`digits and dashes, with a letter or digit at both ends`,
				`rampart:tenants[6].name "": is empty: give the tenant a name`,
			},
		},
		"people of a tenant": {
			Values{"rampart:tenants": `[{"name":"blue","developers":{"users":["system:admin","ann","ann"],"groups":["*"," x",""]},` +
				`"viewers":{"groups":["rampart:operator"]},"operators":{"users":"ann"}}]`},
			[]string{
				`rampart:tenants[0].operators.users "ann": is text, must be a list`,
				`rampart:tenants[0].viewers.groups[0] "rampart:operator": is a name that only "rampart kubeconfig" gives: ` +
					`choose another name`,
				`rampart:tenants[0].developers.users[0] "system:admin": is one of Kubernetes' own users or groups: ` +
					`choose another name`,
				`rampart:tenants[0].developers.users[2] "ann": is named twice: remove one`,
				`rampart:tenants[0].developers.groups[0] "*": is a wildcard: name each one`,
				`rampart:tenants[0].developers.groups[1] " x": is empty or has spaces around it: ` +
					`write the name as the API server knows it`,
				`rampart:tenants[0].developers.groups[2] "": is empty or has spaces around it: ` +
					`write the name as the API server knows it`,
			},
		},
		"rules of a tenant": {
			Values{"rampart:tenants": `[{"name":"blue","rules":[{"group":"example.org","resources":["*"],"verbs":["get"]},` +
				`{"group":"rbac.authorization.k8s.io","resources":["roles"],"verbs":["escalate"]}]}]`},
			[]string{
				`rampart:tenants[0].rules[0].resources[0] "*": is a wildcard, which also covers what does not exist yet: ` +
					`name each resource`,
				`rampart:tenants[0].rules[1].group "rbac.authorization.k8s.io": holds what the cluster is guarded with: ` +
					`no tenant has rights in it`,
				`rampart:tenants[0].rules[1].verbs[0] "escalate": hands out rights, or does many things at once: ` +
					`use some of get, list, watch, create, update, patch, delete`,
			},
		},
		"tenants that ask for privilege": {
			Values{
				"rampart:tenants": `[{"name":"blue","podSecurity":"privileged"},{"name":"green","podSecurity":"baseline"},` +
					`{"name":"red","podSecurity":"baseline"},{"name":"grey","podSecurity":"none"}]`,
				"rampart:baseline": `{"waivers":[{"control":"RMP-ADM-002","scope":"tenant/green","reason":"r","owner":"o",` +
					`"expires":"2026-12-31"},{"control":"RMP-ADM-002","scope":"tenant/blue","reason":"r","owner":"o",` +
					`"expires":"2026-12-31"}]}`,
			},
			[]string{
				`rampart:tenants[0].podSecurity "privileged": gives the nodes away, and with them the cluster: no tenant has it, ` +
					`use restricted, or baseline with a waiver of RMP-ADM-002`,
				`rampart:tenants[2].podSecurity "baseline": is less than restricted: use that, or waive RMP-ADM-002 for this ` +
					`tenant, with a reason, an owner and an end`,
				`rampart:tenants[3].podSecurity "none": is not a level of Pod Security: use restricted`,
			},
		},
		"capacity of a tenant": {
			Values{"rampart:tenants": `[{"name":"blue","quota":{"cpu":2,"memory":"4GB","pods":-1},` +
				`"limits":{"default":{"cpu":"4"},"max":{"cpu":"2"}}}]`},
			[]string{
				`rampart:tenants[0].quota.cpu 2: is a number, must be text: put it in quotes`,
				`rampart:tenants[0].quota.pods -1: is negative: write how many there may be`,
				`rampart:tenants[0].limits.max.cpu "2": is less than limits.default.cpu "4", so that such a container would ` +
					`never start: raise it, or lower that`,
				`rampart:tenants[0].quota.memory "4GB": is not a quantity: write bytes such as 512Mi or 4Gi`,
			},
		},
		"secrets in plain text": {
			Values{"rampart:tenants": `[{"name":"blue","secrets":{"db":{"password":"hunter2","pin":1234,"good":"[secret]"}}}]`},
			[]string{
				`rampart:tenants[0].secrets.db.password: is in plain text in the stack file: encrypt it as docs/access.md says, ` +
					`and change it where it came from`,
				`rampart:tenants[0].secrets.db.pin: is a number, must be text: encrypt it as docs/access.md says`,
			},
		},
		"secrets of the wrong shape": {
			Values{"rampart:tenants": `[{"name":"blue","secrets":{"db":"hunter2"}},{"name":"green","secrets":["hunter2"]}]`},
			[]string{
				`rampart:tenants[0].secrets.db "[secret]": is text, must be a mapping by names`,
				`rampart:tenants[1].secrets "[secret]": is a list, must be a mapping by names`,
			},
		},
		"secrets in the wrong place": {
			Values{"rampart:tenants": `{"blue":{"secrets":{"db":{"password":"hunter2"}}}}`},
			[]string{`rampart:tenants {"blue":{"secrets":"[secret]"}}: is a mapping, must be a list`},
		},
		"names of secrets": {
			Values{"rampart:tenants": `[{"name":"blue","secrets":{"DB":{"a b":"[secret]"},"none":{}}}]`},
			[]string{
				`rampart:tenants[0].secrets "DB": is not the name of a Secret: use lower-case letters, digits, dashes and dots, ` +
					`with a letter or digit at both ends`,
				`rampart:tenants[0].secrets.DB "a b": is not the name of a key: use letters, digits, dashes, underscores and dots`,
				`rampart:tenants[0].secrets.none {}: is empty: give the Secret at least one key and its value`,
			},
		},
		"people of the cluster": {
			Values{"rampart:access": `{"viewers":{"groups":["system:authenticated"]},"auditors":{"users":["*"]},` +
				`"operators":{"groups":["kubeadm:cluster-admins"]},"developers":{}}`},
			[]string{
				`rampart:access.developers: is not a known setting: use one of auditors, breakGlass, operators, viewers`,
				`rampart:access.viewers.groups[0] "system:authenticated": is one of Kubernetes' own users or groups: ` +
					`choose another name`,
				`rampart:access.operators.groups[0] "kubeadm:cluster-admins": is one of Kubernetes' own users or groups: ` +
					`choose another name`,
				`rampart:access.auditors.users[0] "*": is a wildcard: name each one`,
			},
		},
		"a grant that is over": {
			Values{"rampart:access": `{"breakGlass":{"expires":"2026-11-25T11:59:59Z"}}`},
			[]string{
				`rampart:access.breakGlass.reason "": is empty: say in a sentence why the glass has to be broken`,
				`rampart:access.breakGlass.owner "": is empty: name who answers for it`,
				`rampart:access.breakGlass.expires "2026-11-25T11:59:59Z": is over: take the grant out, or give a new one ` +
					`with a new reason`,
			},
		},
		"a grant until who knows when": {
			Values{"rampart:access": `{"breakGlass":{"reason":"r","owner":"o","expires":"tomorrow"}}`},
			[]string{`rampart:access.breakGlass.expires "tomorrow": is not a moment: write one such as 2026-11-25T13:00:00Z`},
		},
		"a grant for a year": {
			Values{"rampart:access": `{"breakGlass":{"reason":"r","owner":"o","expires":"2027-11-25T12:00:00Z"}}`},
			[]string{`rampart:access.breakGlass.expires "2027-11-25T12:00:00Z": is more than 7 days ahead: choose a moment ` +
				`before 2026-12-02T12:00:00Z`},
		},
		"rules of tenants": {
			Values{"rampart:tenants": `[{"name":"blue","allowFrom":[{"tenant":"red","port":80}],` +
				`"allowTo":[{"tenant":"blue","port":0,"protocol":"udp"}],` +
				`"allowEgress":[{"cidr":"0.0.0.0/0","port":443},{"cidr":"api.example.com","port":443},{"networkSet":"banks","port":443},` +
				`{"cidr":"10.244.7.0/24","port":80},{"cidr":"169.254.169.254/32","port":80},{"cidr":"192.0.2.9/32","port":443}]}]`,
				"rampart:isolation": `{"nodeCIDRs":["192.0.2.0/24"]}`},
			[]string{
				`rampart:tenants[0].allowFrom[0].tenant "red": is not a tenant of this cluster: use one of blue`,
				`rampart:tenants[0].allowTo[0].protocol "udp": is not a protocol with ports: use TCP, UDP or SCTP`,
				`rampart:tenants[0].allowTo[0].port 0: is not a port: use 1 to 65535`,
				`rampart:tenants[0].allowTo[0].tenant "blue": is the tenant itself, whose namespace is open within: remove the rule`,
				`rampart:tenants[0].allowEgress[0].cidr "0.0.0.0/0": is as good as anywhere, and data leaves by it: ` +
					`name the ranges that are meant; only a rule of a tenant itself may go this far, with a waiver of RMP-NET-010`,
				`rampart:tenants[0].allowEgress[1].cidr "api.example.com": is a name: policies of open-source Calico and of ` +
					`Kubernetes match addresses, and those of a name change without notice: give a CIDR or a network set`,
				`rampart:tenants[0].allowEgress[2].networkSet "banks": is not a network set of this cluster: there are none yet`,
				`rampart:tenants[0].allowEgress[3].cidr "10.244.7.0/24": meets 10.244.0.0/16, the cluster's pods: ` +
					`name a tenant instead of its addresses`,
				`rampart:tenants[0].allowEgress[4].cidr "169.254.169.254/32": meets 169.254.169.254/32, ` +
					`where clouds hand out credentials: choose a range without it`,
				`rampart:tenants[0].allowEgress[5].cidr "192.0.2.9/32": meets 192.0.2.0/24, the cluster's nodes: ` +
					`pods reach the API server by its own rule, and nothing else of a node`,
			},
		},
		"isolation of the cluster": {
			Values{
				"rampart:isolation": `{"exemptNamespaces":["blue","Storage"],"nodeCIDRs":["172.18.0.0"],` +
					`"networkSets":[{"name":"a","cidrs":["203.0.113.0/24"]},{"name":"a","cidrs":[]},{"name":"b","cidrs":["::/0"]}]}`,
				"rampart:tenants": `[{"name":"blue"}]`,
			},
			[]string{
				`rampart:isolation.exemptNamespaces ["blue","Storage"]: lacks kube-system: default deny would cut off the ` +
					`cluster's own DNS, network and control plane: add it`,
				`rampart:isolation.exemptNamespaces[0] "blue": is a tenant's, and nothing would hold it: remove it`,
				`rampart:isolation.exemptNamespaces[1] "Storage": a lowercase RFC 1123 label must consist of lower case ` +
					`alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or ` +
					`'123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
				`rampart:isolation.nodeCIDRs[0] "172.18.0.0": is an address without a prefix length: did you mean 172.18.0.0/32?`,
				`rampart:isolation.networkSets[1].name "a": is the name of rampart:isolation.networkSets[0] already: remove one`,
				`rampart:isolation.networkSets[1].cidrs []: is empty: give at least one range in CIDR notation`,
				`rampart:isolation.networkSets[2].cidrs[0] "::/0": is as good as anywhere, and data leaves by it: ` +
					`name the ranges that are meant; only a rule of a tenant itself may go this far, with a waiver of RMP-NET-010`,
			},
		},
		"cluster settings out of range": {
			Values{"rampart:cluster": `{"name":"Rampart_1","workers":-1,"tlsMinVersion":"1.1","engine":"lxc",` +
				`"apiServerPort":80}`},
			[]string{
				`rampart:cluster.name "Rampart_1": is not a cluster name: use at most 50 lower-case letters, digits, dots ` +
					`and dashes, with a letter or digit at both ends`,
				`rampart:cluster.workers -1: is out of range: use 0 to 10`,
				`rampart:cluster.tlsMinVersion "1.1": is not a TLS version that may be the floor: use "1.3", or "1.2" for ` +
					`clients that cannot do better`,
				`rampart:cluster.engine "lxc": is not a known container engine: use one of auto, docker, podman, nerdctl`,
				`rampart:cluster.apiServerPort 80: is out of range: use 1024 to 65535, or 0 for a free port`,
			},
		},
		"faults of every layer at once": {
			Values{
				"rampart:provider":  "gcp",
				"rampart:cluster":   `{"workers":"x","nmae":"a","podCIDR":"10.20.0.0/16"}`,
				"rampart:admission": `{"allowedRegistries":"registry.k8s.io"}`,
				"rampart:tenants":   `[{"name":"a"},{"name":"a"}]`,
			},
			[]string{
				`rampart:admission.allowedRegistries "registry.k8s.io": is text, must be a list`,
				`rampart:cluster.nmae: is not a known setting: did you mean name?`,
				`rampart:cluster.workers "x": is text, must be a whole number`,
				`rampart:provider "gcp": is not a known provider: use one of kind, eks, aks, gke`,
				`rampart:cluster.podCIDR "10.20.0.0/16": overlaps 10.20.0.0/16 of this machine's interface eth0: ` +
					`choose a range that this machine does not use`,
				`rampart:tenants[1].name "a": is the name of rampart:tenants[0] already: tenants need names of their own`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Load(test.values, testHost())
			if err == nil {
				t.Fatalf("no error, want\n%s", strings.Join(test.want, "\n"))
			}
			if got := strings.Split(err.Error(), "\n"); !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
			var fault Fault
			if !errors.As(err, &fault) {
				t.Errorf("a single fault cannot be found in %T", err)
			}
		})
	}
}

func TestLoadOfNothingIsTheDefault(t *testing.T) {
	t.Parallel()
	got, err := Load(Values{"kubernetes:namespace": "x", "aws:region": "y"}, testHost())
	if err != nil {
		t.Fatal(err)
	}
	if want := Default(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestLoadOfTheVersionThatWasBuilt(t *testing.T) {
	t.Parallel()
	host := testHost()
	host.Images = &Images{Road: RoadAirgap, KubernetesVersion: "v1.36.1"}
	_, err := Load(nil, host)
	if err == nil || !strings.Contains(err.Error(), `rampart:cluster.kubernetesVersion "v1.37.0": is not the version that`) {
		t.Errorf("got %v, want a fault of the version", err)
	}
	own := Values{"rampart:cluster": `{"image":"r.example/node:v1"}`}
	if _, err := Load(own, host); err != nil {
		t.Errorf("with an image of the stack's own: %v", err)
	}
	host.Images = &Images{Road: RoadPublished}
	unpublished := Values{"rampart:cluster": `{"kubernetesVersion":"v1.36.3"}`}
	_, err = Load(unpublished, host)
	if err == nil || !strings.Contains(err.Error(), `rampart:cluster.kubernetesVersion "v1.36.3": has no published image`) {
		t.Errorf("got %v, want a fault of the version", err)
	}
	if _, err := Load(nil, host); err != nil {
		t.Errorf("the default version on the published road: %v", err)
	}
}

func TestLoadLeavesAStandingClusterItsRanges(t *testing.T) {
	t.Parallel()
	host := testHost()
	host.Clusters = []StandingCluster{{Name: "rampart"}}
	if _, err := Load(Values{"rampart:cluster": `{"podCIDR":"10.20.0.0/16"}`}, host); err != nil {
		t.Errorf("a cluster that stands already: %v", err)
	}
}

// TestAnotherNameIsNotAnotherCluster: to the engine it would be one, and the first would be deleted.
func TestAnotherNameIsNotAnotherCluster(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	for name, journal := range map[string]string{
		"mine": `{"urn":"urn:pulumi:dev::rampart::rampart:kind:HardenedCluster$rampart:kind:Cluster::mine-cluster","phase":"complete"}`,
		"half": `{"urn":"urn:pulumi:dev::rampart::rampart:kind:HardenedCluster$rampart:kind:Cluster::half-cluster","phase":"creating"}`,
		"torn": `{"urn":`,
		"none": "",
	} {
		folder := ClusterDirectory(home, name)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		for file, content := range map[string]string{KubeconfigName: "kubeconfig", journalName: journal} {
			if content == "" {
				continue
			}
			if err := os.WriteFile(filepath.Join(folder, file), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, test := range []struct {
		stack, name, provider string
		want                  []string
	}{
		{"dev", "mine", "kind", nil},
		{"other", "another", "kind", nil},
		{"", "another", "kind", nil},
		{"dev", "another", "kind", []string{`rampart:cluster.name "another": makes another cluster and deletes mine`, "make destroy"}},
		{"other", "mine", "kind", []string{`rampart:cluster.name "mine": is the name of stack dev's cluster on this machine`}},
		{"other", "mine", "eks", nil},
		{"dev", "mine", "eks", []string{`rampart:provider "eks": makes another cluster and deletes mine`}},
	} {
		host, err := ThisHost(home, test.stack)
		if err != nil || len(host.Clusters) != 4 {
			t.Fatalf("%v, %v", host.Clusters, err)
		}
		_, err = Load(Values{"rampart:provider": test.provider, "rampart:cluster": `{"name":"` + test.name + `"}`}, host)
		// A stack of EKS lacks the settings that are its own.
		if test.want == nil && err != nil && (test.provider == "kind" || strings.Contains(err.Error(), "mine")) {
			t.Errorf("%+v: %v", test, err)
		}
		for _, want := range test.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%+v: got %v", test, err)
			}
		}
	}
}

// TestDefaultStackFile holds the file to what it promises: every setting is in it, and it works as it stands.
func TestDefaultStackFile(t *testing.T) {
	t.Parallel()
	values, err := ReadFile(FileName("kind"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Load(values, testHost())
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Cluster.Ephemeral = true
	want.Baseline.Waivers = []Waiver{}
	want.Access = Access{
		Viewers:   People{Users: []string{}, Groups: []string{}},
		Operators: People{Groups: []string{}}, Auditors: People{Groups: []string{}},
	}
	want.Isolation.NetworkSets, want.Isolation.NodeCIDRs = []NetworkSet{}, []string{}
	for _, empty := range []*[]string{
		&want.Admission.TokenAudiences, &want.Admission.HostPathNamespaces, &want.Admission.ProtectedNamespaces,
		&want.Admission.LoadBalancerNamespaces, &want.Admission.NodePortNamespaces, &want.Admission.ExternalIPNamespaces,
		&want.Admission.WildcardHostNamespaces, &want.Admission.Deployers.Users, &want.Admission.Deployers.Groups,
	} {
		*empty = []string{}
	}
	want.Tenants = []Tenant{
		{
			Name: "blue", Developers: People{Users: []string{}, Groups: []string{"blue-team"}},
			Viewers: People{Groups: []string{}}, Operators: People{Groups: []string{}}, PodSecurity: "restricted",
			Quota: Quota{
				CPU: "20", Memory: "20Gi", EphemeralStorage: "50Gi", Storage: "50Gi", Pods: 50, Volumes: 20,
			},
			Limits: Limits{
				Default: Resources{CPU: "500m", Memory: "256Mi", EphemeralStorage: "1Gi"},
				Request: Resources{CPU: "50m", Memory: "64Mi", EphemeralStorage: "64Mi"},
				Max:     Resources{CPU: "2", Memory: "4Gi", EphemeralStorage: "10Gi"},
			},
		},
		{Name: "green", Developers: People{Groups: []string{"green-team"}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	content, err := os.ReadFile(FileName("kind"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range settingNames(reflect.TypeFor[Config](), "eks", "aks", "gke") {
		if !strings.Contains(string(content), name+":") {
			t.Errorf("the file does not mention %s", name)
		}
	}
}

// settingNames also holds Config to the kinds that the decoder knows, and to a name for every field.
func settingNames(of reflect.Type, without ...string) []string {
	var names []string
	for i := range of.NumField() {
		field := of.Field(i)
		name := field.Tag.Get("config")
		if name == "" {
			panic("no name of setting " + field.Name)
		}
		if slices.Contains(without, name) {
			continue // the section of a cloud
		}
		names = append(names, name)
		element := field.Type
		for slices.Contains([]reflect.Kind{reflect.Slice, reflect.Map, reflect.Pointer}, element.Kind()) {
			element = element.Elem()
		}
		switch element.Kind() {
		case reflect.Struct:
			names = append(names, settingNames(element)...)
		case reflect.String, reflect.Int, reflect.Bool:
		default:
			panic("the decoder does not know the kind of setting " + field.Name)
		}
	}
	return names
}

// TestCloudStackFiles: the files of a cloud are good as they stand but for the account, and that of prod has every setting.
func TestCloudStackFiles(t *testing.T) {
	t.Parallel()
	for _, stack := range []string{"eks-dev", "eks-prod", "aks-dev", "aks-prod", "gke-dev", "gke-prod"} {
		values, err := ReadFile(FileName(stack))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Load(values, testHost()); err != nil {
			t.Errorf("%s: %v", stack, err)
		}
	}
	for stack, settings := range map[string]reflect.Type{
		"eks-prod": reflect.TypeFor[EKS](), "aks-prod": reflect.TypeFor[AKS](), "gke-prod": reflect.TypeFor[GKE](),
	} {
		content, err := os.ReadFile(FileName(stack))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range settingNames(settings) {
			if !strings.Contains(string(content), name+":") {
				t.Errorf("%s does not mention %s", FileName(stack), name)
			}
		}
	}
}

// TestTenantsHeldToLess: by a waiver, or because the level asks for no more; and the summary says so.
func TestTenantsHeldToLess(t *testing.T) {
	t.Parallel()
	for _, asked := range []string{
		`{"level":"baseline"}`,
		`{"waivers":[{"control":"RMP-ADM-002","scope":"tenant/blue","reason":"r","owner":"o","expires":"2026-12-31"}]}`,
	} {
		config, err := Load(Values{
			"rampart:baseline": asked, "rampart:tenants": `[{"name":"blue","podSecurity":"baseline"},{"name":"green"}]`,
		}, testHost())
		if err != nil {
			t.Fatal(err)
		}
		resolved, err := config.Resolve(testHost().Now)
		if err != nil {
			t.Fatal(err)
		}
		args := config.Tenants[0].args(facts(), resolved)
		if !args.RestrictedWaived || args.PodSecurity != "baseline" {
			t.Errorf("%s: %+v", asked, args)
		}
		lines := strings.Join(run{config: config, resolved: resolved}.enforced(facts()), "\n")
		if !strings.Contains(lines, "Pod Security restricted, baseline for blue") {
			t.Errorf("%s: %s", asked, lines)
		}
	}
}

func facts() baseline.Facts {
	return baseline.Facts{KubernetesVersion: baseline.DefaultKubernetesVersion}
}

// TestLoadOfDecryptedSecrets: the engine hands values over that nobody can tell from plain text.
func TestLoadOfDecryptedSecrets(t *testing.T) {
	t.Parallel()
	values := Values{"rampart:tenants": `[{"name":"blue","secrets":{"db":{"password":"hunter2"}}}]`}
	config, err := load(values, map[string]bool{"tenants": true}, testHost())
	if err != nil {
		t.Fatal(err)
	}
	if got := config.Tenants[0].Secrets["db"]["password"]; got != "hunter2" {
		t.Errorf("got %q", got)
	}
	if _, err := load(values, map[string]bool{"access": true}, testHost()); err == nil {
		t.Error("accepted although the engine does not hold it secret")
	}
}

func TestSameButSecrets(t *testing.T) {
	t.Parallel()
	const file = `[{"name":"blue","secrets":{"db":{"password":"[secret]"}}}]`
	for engine, want := range map[string]bool{
		`[{"name":"blue","secrets":{"db":{"password":"hunter2"}}}]`:                true,
		`[{"secrets":{"db":{"password":"hunter2"}},"name":"blue"}]`:                true,
		`[{"name":"green","secrets":{"db":{"password":"hunter2"}}}]`:               false,
		`[{"name":"blue","secrets":{"db":{"user":"hunter2"}}}]`:                    false,
		`[{"name":"blue","secrets":{"db":{"password":"hunter2"}}},{"name":"new"}]`: false,
		`[{"name":"blue"}]`: false,
		`not JSON`:          false,
	} {
		if got := sameButSecrets(file, engine); got != want {
			t.Errorf("%s: %t, want %t", engine, got, want)
		}
	}
}

func TestLoadOfAGrant(t *testing.T) {
	t.Parallel()
	config, err := Load(Values{
		"rampart:access": `{"breakGlass":{"reason":"etcd is full","owner":"platform","expires":"2026-11-25T20:00:00+02:00"}}`,
	}, testHost())
	if err != nil {
		t.Fatal(err)
	}
	want := access.BreakGlassGrant{
		Reason: "etcd is full", Owner: "platform", Expires: time.Date(2026, 11, 25, 18, 0, 0, 0, time.UTC),
	}
	if got := config.Access.BreakGlass.Grant(); !got.Expires.Equal(want.Expires) || got.Reason != want.Reason || got.Owner != want.Owner {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestAnywhereWithAWaiver: the tenant that has it, and no other.
func TestAnywhereWithAWaiver(t *testing.T) {
	t.Parallel()
	values := Values{
		"rampart:baseline": `{"waivers":[{"control":"RMP-NET-010","scope":"tenant/blue","reason":"a crawler","owner":"us",` +
			`"expires":"2026-12-31"}]}`,
		"rampart:tenants": `[{"name":"blue","allowEgress":[{"cidr":"0.0.0.0/0","port":443}]},{"name":"green"}]`,
	}
	if _, err := Load(values, testHost()); err != nil {
		t.Errorf("the tenant with the waiver: %v", err)
	}
	values["rampart:tenants"] = `[{"name":"green","allowEgress":[{"cidr":"0.0.0.0/0","port":443}]},{"name":"blue"}]`
	if _, err := Load(values, testHost()); err == nil || !strings.Contains(err.Error(), "rampart:tenants[0].allowEgress[0].cidr") {
		t.Errorf("another tenant: got %v", err)
	}
}

// TestRulesOfOneSide: a rule between tenants that the other one does not repeat is no fault, and opens nothing.
func TestRulesOfOneSide(t *testing.T) {
	t.Parallel()
	config, err := Load(Values{"rampart:tenants": `[` +
		`{"name":"blue","allowTo":[{"tenant":"green","port":80},{"tenant":"green","port":53,"protocol":"UDP"}]},` +
		`{"name":"green","allowFrom":[{"tenant":"blue","port":80,"protocol":"TCP"},{"tenant":"blue","port":53}]}]`}, testHost())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"rampart:tenants[0].allowTo[1] opens nothing until tenant green has allowFrom blue for udp-53",
		"rampart:tenants[1].allowFrom[1] opens nothing until tenant blue has allowTo green for tcp-53",
	}
	if got := config.oneSided(); !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

// TestComponentsAgree makes sure that what is accepted here is not refused when half of the layers stand.
func TestComponentsAgree(t *testing.T) {
	t.Parallel()
	for _, registry := range []string{
		"registry.k8s.io", "localhost", "localhost:5000", "ghcr.io/acme/team-a", "a.b-c.io:443/x__y", "library", "a.io/A", "a.io/",
		"-a.io", "a..io", "a.io:", "a.io:x", "1.2.3.4:5", "a.io@sha256", "a.io//b", "http://a.io", "a.io/b:c", "é.io",
	} {
		ours := registryFault(registry) == ""
		theirs := admission.ImagePolicyArgs{AllowedRegistries: []string{registry}}.Validate() == nil
		if ours != theirs {
			t.Errorf("registry %q: accepted here: %t, by the component: %t", registry, ours, theirs)
		}
	}
}

func TestReadFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), FileName("x"))
	content := "config:\n  cluster:\n    workers: 2\n  rampart:provider: kind\n  other:key: true\n  rampart:tenants: [{name: a}]\n"
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := Values{
		"rampart:cluster": `{"workers":2}`, "rampart:provider": "kind", "other:key": "true", "rampart:tenants": `[{"name":"a"}]`,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestReadFileOfBadFiles(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		"confg:\n  a: b\n":      "confg: is not a section of a stack file: did you mean config?",
		"rampart:provider: x\n": "rampart:provider: is not a section of a stack file: settings stand under config",
		"config: [\n":           "is not YAML",
		"config: text\n":        "stack file",
	} {
		path := filepath.Join(t.TempDir(), FileName("x"))
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadFile(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error with %q", content, err, want)
		}
	}
	if _, err := ReadFile(filepath.Join(t.TempDir(), "none.yaml")); err == nil {
		t.Error("a file that is not there: no error")
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	for _, name := range []string{"b", "a"} {
		if err := os.WriteFile(filepath.Join(directory, FileName(name)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if path, err := Find(directory, "a"); err != nil || path != filepath.Join(directory, "Pulumi.a.yaml") {
		t.Errorf("got %s, %v", path, err)
	}
	for _, unknown := range []string{"c", "", "../a", "*"} {
		if _, err := Find(directory, unknown); err == nil || !strings.Contains(err.Error(), "use one of a, b") {
			t.Errorf("stack %q: got %v, want an error that names the stacks", unknown, err)
		}
	}
}

func TestReadImages(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	if images, err := ReadImages(home); images != nil || err != nil {
		t.Errorf("no file: got %v, %v", images, err)
	}
	path := filepath.Join(home, ImagesFile)
	content := `{"road":"airgap","kubernetesVersion":"v1.37.0","node":{"reference":"r","archive":"/a","id":"i"},` +
		`"images":{"x":{"reference":"y"}},"calicoCRDs":"/c"}`
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	want := &Images{
		Road: RoadAirgap, KubernetesVersion: baseline.DefaultKubernetesVersion,
		Node:   NodeImage{Reference: "r", Archive: "/a", ID: "i"},
		Images: map[string]ImageReference{"x": {Reference: "y"}}, CalicoCRDs: "/c",
	}
	if got, err := ReadImages(home); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadImages(home); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("half a file: got %v, want an error with its path", err)
	}
}

func TestClusterVersionIsFoundWhateverElseIsWrong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]baseline.KubernetesVersion{
		``: baseline.DefaultKubernetesVersion, `{"wrokers":1}`: baseline.DefaultKubernetesVersion,
		`{"kubernetesVersion":"v1.36.3","workers":-1}`: "v1.36.3", `{"kubernetesVersion":1.36}`: "",
	} {
		values := Values{}
		if text != "" {
			values["rampart:cluster"] = text
		}
		if got := ClusterVersion(values); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}
