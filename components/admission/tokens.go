package admission

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// TokenPolicyToken is the type token of the token policy's component, TokenPolicyName the policy's name in the cluster.
const (
	TokenPolicyToken = "rampart:admission:TokenPolicy"
	TokenPolicyName  = "tokens.rampart.dev"
)

// ClusterAudience is the API server's own audience if nobody gave it another issuer.
const ClusterAudience = "https://kubernetes.default.svc.cluster.local"

// TokenPolicyArgs say which tokens of service accounts may be asked for. All fields are plain.
type TokenPolicyArgs struct {
	// APIAudiences are the API server's own: its flag api-audiences, or else its service-account-issuer.
	// Default: ClusterAudience.
	APIAudiences []string

	// Audiences are those, beside the API server, that a token may be for. Default: none.
	Audiences []string

	// Lifetime is how long a token may be good for, ten minutes to a day. Default: DefaultTokenLifetime.
	Lifetime time.Duration

	// ExemptNamespaces are namespaces that the policy does not hold, beside kube-system. Default: none.
	ExemptNamespaces []string
}

// Validate reports every fault at once.
func (a TokenPolicyArgs) Validate() error {
	return errors.Join(
		checkAudiences("apiAudiences", a.APIAudiences),
		checkAudiences("audiences", a.Audiences),
		checkLifetime("lifetime", a.Lifetime),
		checkNamespaces("exemptNamespaces", a.ExemptNamespaces),
	)
}

func (a TokenPolicyArgs) withDefaults() TokenPolicyArgs {
	if len(a.APIAudiences) == 0 {
		a.APIAudiences = []string{ClusterAudience}
	}
	if a.Lifetime == 0 {
		a.Lifetime = DefaultTokenLifetime
	}
	a.APIAudiences = sorted(a.APIAudiences)
	a.Audiences = sorted(a.Audiences)
	a.ExemptNamespaces = sorted(append([]string{systemNamespace}, a.ExemptNamespaces...))
	return a
}

// NewTokenPolicy makes a policy that refuses Secrets with tokens that never end, and requests for tokens that are good
// for long or for somebody else than the API server. Kubelets are not held: they ask for what a pod's specification
// says, which the workload policy has seen. The Kubernetes provider comes from opts.
//
// It fails, before anything is created, with every fault of its arguments at once.
func NewTokenPolicy(
	ctx *pulumi.Context, name string, args *TokenPolicyArgs, opts ...pulumi.ResourceOption,
) (*Policy, error) {
	return newPolicy(ctx, "token policy", TokenPolicyToken, name, args, opts)
}

func (a TokenPolicyArgs) definition() definition {
	a = a.withDefaults()
	seconds := strconv.FormatInt(int64(a.Lifetime.Seconds()), 10)
	given := []variable{{"audiences", celList(slices.Concat(a.APIAudiences, a.Audiences))}, {"longest", seconds}}
	return definition{
		name: TokenPolicyName,
		inputs: pulumi.Map{
			"apiAudiences":     pulumi.ToStringArray(a.APIAudiences),
			"audiences":        pulumi.ToStringArray(a.Audiences),
			"lifetimeSeconds":  pulumi.String(seconds),
			"exemptNamespaces": pulumi.ToStringArray(a.ExemptNamespaces),
		},
		held: []requests{
			{"", []string{"secrets"}, writes},
			{"", []string{"serviceaccounts/token"}, []string{"CREATE"}},
		},
		exempt: a.ExemptNamespaces,
		variables: slices.Concat(given,
			steps("tokens/legacy", "tokens/token-spec", "tokens/foreign", "tokens/long")),
		rules: []rule{
			{"legacy", "secret with a token that never ends",
				"ask for a token with an end (kubectl create token), or let a pod mount one"},
			{"foreign", "token for an audience that is not allowed",
				"leave the audience out for the API server, or ask the cluster's owner to allow it"},
			{"long", "token that is good for too long", "rule: at most " + seconds + " seconds; ask for a shorter one again and again"},
		},
	}
}
