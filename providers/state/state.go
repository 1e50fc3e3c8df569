// Package state is about the place that the state of a stack in a cloud is kept in, and the key that encrypts the secrets in it:
// aws, azure and gcp make them. They are there before the stack, and outlive it.
package state

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Args say whose state it is.
type Args struct {
	// Cluster is the name of the stack's cluster; what is made is named by it.
	Cluster string

	// Account is the account of AWS, the subscription of Azure or the project of Google Cloud. Region is the cluster's.
	Account, Region string

	// Tenant is the directory in Entra ID; of Azure only. ProjectNumber is the project's; of Google Cloud only.
	Tenant, ProjectNumber string

	// Deployer is who runs Pulumi, and so reads and writes the state and uses the key: the ARN of a role, the identifier of a
	// group in Entra ID, or a member as IAM writes it.
	Deployer string
}

// Place is where the state is and what encrypts its secrets, as Pulumi takes them.
type Place struct {
	// Backend is for PULUMI_BACKEND_URL, SecretsProvider for "pulumi stack init --secrets-provider".
	Backend, SecretsProvider pulumi.StringOutput
}

// Token is the type token of the component in each cloud, beside the cloud's name.
func Token(cloud string) string { return "rampart:state:" + cloud }

// Component holds what is made for a state.
type Component struct {
	pulumi.ResourceState
	Backend         pulumi.StringOutput `pulumi:"backend"`
	SecretsProvider pulumi.StringOutput `pulumi:"secretsProvider"`
}

// Finish registers what the component says of itself.
func (c *Component) Finish(ctx *pulumi.Context, place Place) (*Place, error) {
	c.Backend, c.SecretsProvider = place.Backend, place.SecretsProvider
	return &place, ctx.RegisterResourceOutputs(c, pulumi.Map{
		"backend": place.Backend, "secretsProvider": place.SecretsProvider,
	})
}

// Suffix tells names that are unique in a whole cloud from those of other accounts, without saying which account it is. It is
// the same every time.
func (a Args) Suffix() string {
	sum := sha256.Sum256([]byte(a.Account + "/" + a.Cluster))
	const digits = 8
	return hex.EncodeToString(sum[:])[:digits]
}

// Bucket is the name of a bucket, which is unique in a whole cloud and takes small letters, digits and dashes alone.
func (a Args) Bucket() string {
	const most = 40
	plain := strings.Map(func(letter rune) rune {
		if letter >= 'a' && letter <= 'z' || letter >= '0' && letter <= '9' {
			return letter
		}
		return '-'
	}, strings.ToLower(a.Cluster))
	return strings.Trim(plain[:min(most, len(plain))], "-") + "-state-" + a.Suffix()
}

// KeptDays is how long what is deleted can be had back, where the cloud lets one say.
const KeptDays = 30

// KeyRotationDays is how old a key gets before it is rotated.
const KeyRotationDays = 365
