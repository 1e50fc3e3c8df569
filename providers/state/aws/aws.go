// Package aws makes the place of a stack's state on AWS: a bucket of S3 and a key of KMS.
package aws

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers/state"
)

// New makes the bucket, with versions, encrypted, closed to everybody but the account, and the key, which the deployer alone
// uses. Both are protected.
func New(ctx *pulumi.Context, name string, args state.Args) (*state.Place, error) {
	component := &state.Component{}
	if err := ctx.RegisterComponentResource(state.Token("Aws"), name, component); err != nil {
		return nil, fmt.Errorf("registering the state of %s: %w", args.Cluster, err)
	}
	var child pulumi.ResourceOption = pulumi.Parent(component)
	provider, err := aws.NewProvider(ctx, name+"-aws", &aws.ProviderArgs{
		Region: pulumi.String(args.Region), AllowedAccountIds: pulumi.ToStringArray([]string{args.Account}),
	}, child)
	if err != nil {
		return nil, fmt.Errorf("provider for aws: %w", err)
	}
	child = pulumi.Composite(child, pulumi.Provider(provider))
	key, err := makeKey(ctx, name, args, child)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	bucket, err := makeBucket(ctx, name, args, key, child)
	if err != nil {
		return nil, fmt.Errorf("bucket: %w", err)
	}
	return component.Finish(ctx, state.Place{
		Backend:         pulumi.Sprintf("s3://%s?region=%s&awssdk=v2", bucket.Bucket, args.Region),
		SecretsProvider: pulumi.Sprintf("awskms:///%s?region=%s&awssdk=v2", key.Arn, args.Region),
	})
}

func makeKey(ctx *pulumi.Context, name string, args state.Args, child pulumi.ResourceOption) (*kms.Key, error) {
	policy, err := keyPolicy(args)
	if err != nil {
		return nil, err
	}
	key, err := kms.NewKey(ctx, name+"-key", &kms.KeyArgs{
		Description:          pulumi.String("State of cluster " + args.Cluster + " and the secrets in it"),
		EnableKeyRotation:    pulumi.Bool(true),
		RotationPeriodInDays: pulumi.Int(state.KeyRotationDays),
		DeletionWindowInDays: pulumi.Int(state.KeptDays),
		Policy:               pulumi.String(policy),
		Tags:                 tags(args),
	}, child, pulumi.Protect(true))
	if err != nil {
		return nil, err
	}
	_, err = kms.NewAlias(ctx, name+"-key-alias", &kms.AliasArgs{
		Name: pulumi.String("alias/" + args.Cluster + "-state"), TargetKeyId: key.KeyId,
	}, child)
	return key, err
}

// makeBucket makes each wall as a resource of its own, as the provider wants them.
func makeBucket(
	ctx *pulumi.Context, name string, args state.Args, key *kms.Key, child pulumi.ResourceOption,
) (*s3.BucketV2, error) {
	bucket, err := s3.NewBucketV2(ctx, name+"-bucket", &s3.BucketV2Args{
		Bucket: pulumi.String(args.Bucket()), Tags: tags(args),
	}, child, pulumi.Protect(true))
	if err != nil {
		return nil, err
	}
	walls, err := s3.NewBucketPublicAccessBlock(ctx, name+"-bucket-private", &s3.BucketPublicAccessBlockArgs{
		Bucket:          bucket.ID(),
		BlockPublicAcls: pulumi.Bool(true), BlockPublicPolicy: pulumi.Bool(true),
		IgnorePublicAcls: pulumi.Bool(true), RestrictPublicBuckets: pulumi.Bool(true),
	}, child)
	if err != nil {
		return nil, err
	}
	if _, err := s3.NewBucketOwnershipControls(ctx, name+"-bucket-owner", &s3.BucketOwnershipControlsArgs{
		Bucket: bucket.ID(),
		Rule:   &s3.BucketOwnershipControlsRuleArgs{ObjectOwnership: pulumi.String("BucketOwnerEnforced")}, // there are no ACLs
	}, child); err != nil {
		return nil, err
	}
	if _, err := s3.NewBucketVersioningV2(ctx, name+"-bucket-versions", &s3.BucketVersioningV2Args{
		Bucket:                  bucket.ID(),
		VersioningConfiguration: &s3.BucketVersioningV2VersioningConfigurationArgs{Status: pulumi.String("Enabled")},
	}, child); err != nil {
		return nil, err
	}
	if _, err := s3.NewBucketServerSideEncryptionConfigurationV2(ctx, name+"-bucket-encryption",
		&s3.BucketServerSideEncryptionConfigurationV2Args{
			Bucket: bucket.ID(),
			Rules: s3.BucketServerSideEncryptionConfigurationV2RuleArray{
				&s3.BucketServerSideEncryptionConfigurationV2RuleArgs{
					ApplyServerSideEncryptionByDefault: &s3.BucketServerSideEncryptionConfigurationV2RuleApplyServerSideEncryptionByDefaultArgs{
						SseAlgorithm: pulumi.String("aws:kms"), KmsMasterKeyId: key.Arn,
					},
					BucketKeyEnabled: pulumi.Bool(true),
				},
			},
		}, child); err != nil {
		return nil, err
	}
	policy := bucket.Arn.ApplyT(func(arn string) (string, error) { return bucketPolicy(arn, args.Deployer) })
	// S3 changes one of a bucket's walls at a time.
	_, err = s3.NewBucketPolicy(ctx, name+"-bucket-policy", &s3.BucketPolicyArgs{
		Bucket: bucket.ID(), Policy: policy.(pulumi.StringOutput),
	}, child, pulumi.DependsOn([]pulumi.Resource{walls}))
	return bucket, err
}

func tags(args state.Args) pulumi.StringMap {
	return pulumi.StringMap{"Name": pulumi.String(args.Cluster + "-state"), "rampart:cluster": pulumi.String(args.Cluster)}
}

type statement struct {
	Sid, Effect string
	Principal   any
	Action      []string
	Resource    any
	Condition   map[string]map[string]any `json:",omitempty"`
}

func write(statements ...statement) (string, error) {
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		return "", fmt.Errorf("writing a policy: %w", err)
	}
	return string(text), nil
}

// keyPolicy lets the account administer the key, and only the deployer use it.
func keyPolicy(args state.Args) (string, error) {
	account := "arn:" + partition(args.Deployer) + ":iam::" + args.Account + ":root"
	return write(
		statement{"Administration", "Allow", map[string]any{"AWS": account}, []string{
			"kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListKeyPolicies", "kms:ListGrants",
			"kms:ListResourceTags", "kms:PutKeyPolicy", "kms:UpdateKeyDescription", "kms:EnableKeyRotation",
			"kms:RotateKeyOnDemand", "kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias",
			"kms:TagResource", "kms:UntagResource", "kms:EnableKey", "kms:RevokeGrant", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion",
		}, "*", nil},
		statement{"Use", "Allow", map[string]any{"AWS": args.Deployer}, []string{
			"kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey",
		}, "*", nil},
	)
}

// partition of AWS that a role is in.
func partition(role string) string {
	_, rest, _ := strings.Cut(role, ":")
	partition, _, _ := strings.Cut(rest, ":")
	return partition
}

// bucketPolicy lets the deployer read and write the state, and refuses what comes without TLS.
func bucketPolicy(arn, deployer string) (string, error) {
	return write(
		statement{"Bucket", "Allow", map[string]any{"AWS": deployer}, []string{"s3:ListBucket", "s3:GetBucketLocation"}, arn, nil},
		statement{"State", "Allow", map[string]any{"AWS": deployer}, []string{
			"s3:GetObject", "s3:PutObject", "s3:DeleteObject",
		}, arn + "/*", nil},
		statement{"TLS", "Deny", map[string]any{"AWS": "*"}, []string{"s3:*"}, []string{arn, arn + "/*"},
			map[string]map[string]any{"Bool": {"aws:SecureTransport": "false"}}},
	)
}
