package eks

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers/eks/spec"
	"github.com/rampart-iac/rampart/providers/internal/frame"
)

// chooseProvider takes the caller's provider for aws, or makes one that refuses every account but the one that is meant.
func (m *maker) chooseProvider(opts []pulumi.ResourceOption) error {
	brought, err := frame.Brings[*aws.Provider](opts)
	if err != nil || brought {
		return err
	}
	provider, err := aws.NewProvider(m.ctx, m.name+"-aws", &aws.ProviderArgs{
		Region:            pulumi.String(m.args.Region),
		AllowedAccountIds: pulumi.ToStringArray([]string{m.args.Account}),
	}, m.child)
	if err != nil {
		return fmt.Errorf("provider for aws: %w", err)
	}
	m.child = pulumi.Composite(m.child, pulumi.Provider(provider))
	return nil
}

// called is the name of a child.
func (m *maker) called(part string) string { return m.name + "-" + part }

// tags of one resource, by which people find it in the console.
func (m *maker) tags(part string) pulumi.StringMap {
	tags := map[string]string{
		"Name": m.args.Name + "-" + part, "rampart:cluster": m.args.Name, "rampart:environment": string(m.args.Environment),
	}
	maps.Copy(tags, m.args.Tags)
	return pulumi.ToStringMap(tags)
}

// kept are the options of what must outlive a mistake: the cluster, its keys, its logs.
func (m *maker) kept() pulumi.ResourceOption { return pulumi.Protect(!m.args.Ephemeral) }

// arn of a thing in the cluster's account and region.
func (m *maker) arn(service, rest string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", m.partition(), service, m.args.Region, m.args.Account, rest)
}

// managedPolicy is the ARN of a policy that AWS keeps.
func (m *maker) managedPolicy(name string) string {
	return fmt.Sprintf("arn:%s:iam::aws:policy/%s", m.partition(), name)
}

func (m *maker) partition() string { return spec.Partition(m.args.Region) }

// document is a policy in the language of IAM.
type document struct {
	Version   string
	Statement []statement
}

type statement struct {
	Sid       string                    `json:",omitempty"`
	Effect    string                    // Allow or Deny
	Principal map[string]any            `json:",omitempty"`
	Action    []string                  // sorted by hand: what belongs together stands together
	Resource  any                       `json:",omitempty"`
	Condition map[string]map[string]any `json:",omitempty"`
}

// policy writes statements as JSON. It is the same text for the same statements: maps are sorted.
func policy(statements ...statement) (string, error) {
	for i := range statements {
		if statements[i].Effect == "" {
			statements[i].Effect = "Allow"
		}
	}
	text, err := json.Marshal(document{Version: "2012-10-17", Statement: statements})
	if err != nil {
		return "", fmt.Errorf("writing a policy: %w", err)
	}
	return string(text), nil
}
