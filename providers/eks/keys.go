package eks

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// keyWindowDays is how long a key can still be had back after somebody has asked for its deletion: as long as KMS waits.
// What is encrypted with a key that is gone is gone.
const keyWindowDays = 30

// keys encrypt what the cluster keeps, each its own kind of thing.
type keys struct {
	secrets, logs, volumes pulumi.StringOutput // ARNs
}

func (m *maker) makeKeys(roles map[string]*role) (*keys, error) {
	made := &keys{}
	var err error
	if m.args.SecretsKeyARN != "" {
		made.secrets = pulumi.String(m.args.SecretsKeyARN).ToStringOutput()
	} else {
		text := roles[roleCluster].Arn.ApplyT(m.secretsPolicy).(pulumi.StringOutput)
		if made.secrets, err = m.makeKey("secrets", text); err != nil {
			return nil, err
		}
	}
	logs, err := m.logsPolicy()
	if err != nil {
		return nil, err
	}
	if made.logs, err = m.makeKey("logs", pulumi.String(logs).ToStringOutput()); err != nil {
		return nil, err
	}
	made.volumes, err = m.makeKey("volumes", roles[roleVolumes].Arn.ApplyT(m.volumesPolicy).(pulumi.StringOutput))
	if err != nil {
		return nil, err
	}
	use := made.secrets.ApplyT(func(arn string) (string, error) {
		return policy(statement{
			Action: []string{"kms:Encrypt", "kms:Decrypt", "kms:ListGrants", "kms:DescribeKey"}, Resource: arn,
		})
	}).(pulumi.StringOutput)
	return made, m.allow(roles[roleCluster], roleCluster, "secrets-key", use)
}

// makeKey makes a key that is rotated, and a name by which people find it. A key stays behind when its stack is destroyed,
// unless the cluster is ephemeral: a backup is worth nothing without it.
func (m *maker) makeKey(part string, text pulumi.StringOutput) (pulumi.StringOutput, error) {
	key, err := kms.NewKey(m.ctx, m.called(part+"-key"), &kms.KeyArgs{
		Description:          pulumi.String("Cluster " + m.args.Name + ": " + part),
		EnableKeyRotation:    pulumi.Bool(true),
		RotationPeriodInDays: pulumi.Int(m.args.KeyRotationDays),
		DeletionWindowInDays: pulumi.Int(keyWindowDays),
		Policy:               text,
		Tags:                 m.tags(part),
	}, m.child, m.kept(), pulumi.RetainOnDelete(!m.args.Ephemeral))
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("key for %s: %w", part, err)
	}
	if _, err := kms.NewAlias(m.ctx, m.called(part+"-key-alias"), &kms.AliasArgs{
		Name: pulumi.String("alias/" + m.args.Name + "/" + part), TargetKeyId: key.KeyId,
	}, m.child); err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("alias of the key for %s: %w", part, err)
	}
	return key.Arn, nil
}

// administration lets the account's policies say who looks after a key, and nobody use it: without a root that may change
// the policy, KMS makes no key, and a key that nobody can change is lost.
func (m *maker) administration() statement {
	return statement{
		Sid:       "Administration",
		Principal: map[string]any{"AWS": fmt.Sprintf("arn:%s:iam::%s:root", m.partition(), m.args.Account)},
		Action: []string{
			"kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListKeyPolicies", "kms:ListGrants",
			"kms:ListResourceTags", "kms:PutKeyPolicy", "kms:UpdateKeyDescription", "kms:EnableKeyRotation",
			"kms:RotateKeyOnDemand", "kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias", "kms:TagResource",
			"kms:UntagResource", "kms:EnableKey", "kms:RevokeGrant", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion",
		},
		Resource: "*", // in a key's policy: the key
	}
}

// secretsPolicy lets the control plane encrypt and decrypt. EKS makes its grant as who makes the cluster, and does not
// take a condition that a grant be for a service of AWS.
func (m *maker) secretsPolicy(clusterRole string) (string, error) {
	return policy(m.administration(), statement{
		Sid:       "ControlPlane",
		Principal: map[string]any{"AWS": clusterRole},
		Action:    []string{"kms:Encrypt", "kms:Decrypt", "kms:ListGrants", "kms:DescribeKey"},
		Resource:  "*",
	}, statement{
		Sid:       "DeployerHandsTheKeyToTheCluster",
		Principal: map[string]any{"AWS": m.args.Deployer},
		Action:    []string{"kms:CreateGrant", "kms:DescribeKey"},
		Resource:  "*",
	})
}

// logsPolicy lets CloudWatch encrypt this cluster's log groups, and no others.
func (m *maker) logsPolicy() (string, error) {
	return policy(m.administration(), statement{
		Sid:       "Logs",
		Principal: map[string]any{"Service": "logs." + m.args.Region + ".amazonaws.com"},
		Action: []string{
			"kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey",
		},
		Resource: "*",
		Condition: map[string]map[string]any{"ArnEquals": {
			"kms:EncryptionContext:aws:logs:arn": []string{
				m.arn("logs", "log-group:"+m.logGroup(logsControlPlane)), m.arn("logs", "log-group:"+m.logGroup(logsFlow)),
			},
		}},
	})
}

// volumesPolicy lets the service that starts nodes, and the driver that makes volumes, use the key.
func (m *maker) volumesPolicy(driver string) (string, error) {
	scaling := fmt.Sprintf("arn:%s:iam::%s:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
		m.partition(), m.args.Account)
	principals := map[string]any{"AWS": []string{scaling, driver}}
	return policy(m.administration(), statement{
		Sid:       "Volumes",
		Principal: principals,
		Action: []string{
			"kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey",
			"kms:GenerateDataKeyWithoutPlaintext", "kms:DescribeKey",
		},
		Resource: "*",
	}, statement{
		Sid:       "AttachingVolumes",
		Principal: principals,
		Action:    []string{"kms:CreateGrant"},
		Resource:  "*",
		Condition: map[string]map[string]any{"Bool": {"kms:GrantIsForAWSResource": "true"}},
	})
}
