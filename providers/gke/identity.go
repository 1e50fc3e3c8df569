package gke

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/artifactregistry"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/projects"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers/gke/spec"
)

// nodeRole is the least that a node needs, as Google has it: to write logs and metrics.
const nodeRole = "roles/container.defaultNodeServiceAccount"

// identity is what nodes act as, with what gives it its rights.
type identity struct {
	email  pulumi.StringOutput
	rights []pulumi.Resource
}

// makeIdentity makes an account for the nodes: the one that Compute Engine has for all machines may change the whole project.
func (m *maker) makeIdentity() (*identity, error) {
	account, err := serviceaccount.NewAccount(m.ctx, m.called("nodes-account"), &serviceaccount.AccountArgs{
		Project: m.project(), AccountId: m.titled("nodes"), DisplayName: pulumi.String("Nodes of cluster " + m.args.Name),
	}, m.child)
	if err != nil {
		return nil, fmt.Errorf("account of the nodes: %w", err)
	}
	made := &identity{email: account.Email}
	member := pulumi.Sprintf("serviceAccount:%s", account.Email)
	role, err := projects.NewIAMMember(m.ctx, m.called("nodes-account-role"), &projects.IAMMemberArgs{
		Project: m.project(), Role: pulumi.String(nodeRole), Member: member,
	}, m.child)
	if err != nil {
		return nil, fmt.Errorf("role of the nodes: %w", err)
	}
	made.rights = append(made.rights, role)
	for _, each := range m.args.ImageRepositories {
		location, project, name := spec.Repository(each)
		part := "nodes-reads-" + location + "-" + strings.ReplaceAll(project, ":", "-") + "-" + name
		reader, err := artifactregistry.NewRepositoryIamMember(m.ctx, m.called(part), &artifactregistry.RepositoryIamMemberArgs{
			Project: pulumi.String(project), Location: pulumi.String(location), Repository: pulumi.String(name),
			Role: pulumi.String("roles/artifactregistry.reader"), Member: member,
		}, m.child)
		if err != nil {
			return nil, fmt.Errorf("right to read %s: %w", each, err)
		}
		made.rights = append(made.rights, reader)
	}
	return made, nil
}
