package cli

import (
	"context"
	"fmt"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"time"

	certificates "k8s.io/client-go/kubernetes/typed/certificates/v1"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/credential"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/privatefile"
	"github.com/rampart-iac/rampart/components/access"
	"github.com/rampart-iac/rampart/stacks"
)

const (
	// defaultLifetime is that of a certificate that nobody asked for a life of, longestLifetime a working day.
	defaultLifetime = time.Hour
	longestLifetime = 8 * time.Hour
)

// personaQuestion is what somebody asks "rampart kubeconfig --as" for.
type personaQuestion struct {
	persona, tenant, user string
	lifetime              time.Duration
}

// subject checks a question against the stack, and says what the certificate is to say.
func (q personaQuestion) subject(config stacks.Config, now time.Time) (credential.Subject, error) {
	persona := access.Persona(q.persona)
	group, err := q.group(persona, config)
	if err != nil {
		return credential.Subject{}, err
	}
	longest, why := longestLifetime, "the most is "+longestLifetime.String()
	if persona == access.BreakGlass {
		glass := config.Access.BreakGlass
		if !glass.Given() {
			return credential.Subject{}, fmt.Errorf("--as %s: nobody may break the glass now: say who and why in the stack's "+
				"rampart:access.breakGlass (reason, owner, expires), and run up", persona)
		}
		if left := glass.Grant().Expires.Sub(now); left < longest {
			longest, why = left, "the grant ends at "+glass.Expires
		}
	}
	lifetime := q.lifetime
	if lifetime == 0 {
		lifetime = min(defaultLifetime, longest)
	}
	lifetime = lifetime.Truncate(time.Second)
	switch {
	case lifetime > longest:
		return credential.Subject{}, fmt.Errorf("--for %s: is too long, %s", q.lifetime, why)
	case lifetime < credential.Shortest && longest < credential.Shortest:
		return credential.Subject{}, fmt.Errorf("--as %s: %s, and the API server signs for no less than %s: give a new grant",
			persona, why, credential.Shortest)
	case lifetime < credential.Shortest:
		return credential.Subject{}, fmt.Errorf("--for %s: is too short, the API server signs for no less than %s",
			q.lifetime, credential.Shortest)
	}
	if reason := access.ReasonAgainst(q.user); reason != "" {
		return credential.Subject{}, fmt.Errorf("--user %q: %s", q.user, reason)
	}
	return credential.Subject{
		User: access.CertificateUser(q.user), Group: group, Lifetime: lifetime,
		Purpose: fmt.Sprintf("rampart kubeconfig --as %s, for %s", persona, lifetime),
	}, nil
}

// group is the one that holds the persona, in the tenant's namespace or in the cluster.
func (q personaQuestion) group(persona access.Persona, config stacks.Config) (string, error) {
	cluster, namespace := access.ClusterPersonas(), access.NamespacePersonas()
	if !slices.Contains(cluster, persona) && !slices.Contains(namespace, persona) {
		return "", fmt.Errorf("--as %q: is no persona: use %s for the cluster, or %s with --tenant",
			q.persona, list(cluster), list(namespace))
	}
	if q.tenant == "" {
		if !slices.Contains(cluster, persona) {
			return "", fmt.Errorf("--as %s: works in a tenant: add --tenant, %s", persona, knownTenants(config))
		}
		return persona.Group(), nil
	}
	if !slices.Contains(namespace, persona) {
		return "", fmt.Errorf("--as %s: is for the cluster: leave --tenant out, or use %s", persona, list(namespace))
	}
	if !slices.ContainsFunc(config.Tenants, func(t stacks.Tenant) bool { return t.Name == q.tenant }) {
		return "", fmt.Errorf("--tenant %q: is no tenant of this stack: %s", q.tenant, knownTenants(config))
	}
	return persona.NamespaceGroup(q.tenant), nil
}

func list(personas []access.Persona) string {
	names := make([]string, 0, len(personas))
	for _, persona := range personas {
		names = append(names, string(persona))
	}
	return strings.Join(names, ", ")
}

func knownTenants(config stacks.Config) string {
	if len(config.Tenants) == 0 {
		return "it has none"
	}
	names := make([]string, 0, len(config.Tenants))
	for _, tenant := range config.Tenants {
		names = append(names, tenant.Name)
	}
	return "one of " + strings.Join(names, ", ")
}

// name of the kubeconfig's file and context.
func (q personaQuestion) name() string {
	if q.tenant == "" {
		return q.persona
	}
	return q.tenant + "-" + q.persona
}

// personaKubeconfig makes a kubeconfig for a persona, and returns its path and content.
func (s *session) personaKubeconfig(ctx context.Context, question personaQuestion) (string, []byte, error) {
	config, err := s.configurationOfStanding()
	if err != nil {
		return "", nil, err
	}
	if s.cloud() {
		return "", nil, fmt.Errorf("--as %s: people come to stack %s with their identities in the cloud, and nobody gets a "+
			"certificate: give the group that they are in to the persona (docs/access.md)", question.persona, s.stack.Name)
	}
	if question.user == "" {
		current, err := user.Current()
		if err != nil {
			return "", nil, fmt.Errorf("finding out who you are: %w: add --user", err)
		}
		question.user = current.Username
	}
	subject, err := question.subject(config, time.Now())
	if err != nil {
		return "", nil, err
	}
	path, admin, err := s.adminKubeconfig(ctx)
	if err != nil {
		return "", nil, err
	}
	client, err := clientcmd.RESTConfigFromKubeConfig(admin)
	if err != nil {
		return "", nil, fmt.Errorf("reading the cluster's kubeconfig: %w", err)
	}
	api, err := certificates.NewForConfig(client)
	if err != nil {
		return "", nil, fmt.Errorf("speaking to the cluster: %w", err)
	}
	issued, err := credential.Issue(ctx, api.CertificateSigningRequests(), subject)
	if err != nil {
		return "", nil, err
	}
	content, err := credential.Kubeconfig(admin, question.name()+"@"+config.Cluster.Name, question.tenant, issued)
	if err != nil {
		return "", nil, err
	}
	path = filepath.Join(filepath.Dir(path), stacks.KubeconfigName+"-"+question.name())
	if err := privatefile.Write(path, content); err != nil {
		return "", nil, fmt.Errorf("writing the kubeconfig: %w", err)
	}
	fmt.Fprintf(s.progress, "User %s in group %s until %s\n",
		subject.User, subject.Group, issued.Expires.Local().Format(time.RFC3339))
	return path, content, nil
}
