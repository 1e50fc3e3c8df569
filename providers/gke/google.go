package gke

import (
	"fmt"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/compute"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/dns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// restrictedRange holds the addresses at which Google's services that a perimeter can hold answer, and nothing else:
// restricted.googleapis.com. They are reached from inside Google's network only.
const restrictedRange = "199.36.153.4/30"

var restrictedAddresses = []string{"199.36.153.4", "199.36.153.5", "199.36.153.6", "199.36.153.7"}

// googleDomains are those that nodes ask: Google's services, and where images come from.
var googleDomains = []struct{ part, name string }{
	{"googleapis", "googleapis.com."},
	{"artifact-registry", "pkg.dev."},
	{"container-registry", "gcr.io."},
}

// timeToLive of the records, in seconds.
const timeToLive = 300

// makeWayToGoogle has nodes find Google's services at private addresses.
func (m *maker) makeWayToGoogle(vpc *compute.Network, into *network) error {
	route, err := m.route("google", restrictedRange, vpc)
	if err != nil {
		return err
	}
	into.ready = append(into.ready, route)
	for _, domain := range googleDomains {
		zone, err := dns.NewManagedZone(m.ctx, m.called("dns-"+domain.part), &dns.ManagedZoneArgs{
			Name: m.titled(domain.part), Project: m.project(), DnsName: pulumi.String(domain.name),
			Description: pulumi.String("Cluster " + m.args.Name + ": Google's services at private addresses"),
			Visibility:  pulumi.String("private"),
			PrivateVisibilityConfig: &dns.ManagedZonePrivateVisibilityConfigArgs{
				Networks: dns.ManagedZonePrivateVisibilityConfigNetworkArray{
					&dns.ManagedZonePrivateVisibilityConfigNetworkArgs{NetworkUrl: vpc.ID()},
				},
			},
			Labels: m.labels(),
		}, m.child)
		if err != nil {
			return fmt.Errorf("zone %s: %w", domain.name, err)
		}
		for _, record := range []struct {
			part, name, kind string
			data             []string
		}{
			{"addresses", domain.name, "A", restrictedAddresses},
			{"names", "*." + domain.name, "CNAME", []string{domain.name}},
		} {
			made, err := dns.NewRecordSet(m.ctx, m.called("dns-"+domain.part+"-"+record.part), &dns.RecordSetArgs{
				Project: m.project(), ManagedZone: zone.Name, Name: pulumi.String(record.name), Type: pulumi.String(record.kind),
				Ttl: pulumi.Int(timeToLive), Rrdatas: pulumi.ToStringArray(record.data),
			}, m.child)
			if err != nil {
				return fmt.Errorf("%s of %s: %w", record.part, domain.name, err)
			}
			into.ready = append(into.ready, made)
		}
	}
	return nil
}
