package baseline

// Facts are the plain, preview-time truths about a cluster that everything above a provider branches on. A component
// never asks which provider made a cluster and never branches on an Output: it asks one of these.
type Facts struct {
	// KubernetesVersion is the control plane's exact version, such as v1.37.0.
	KubernetesVersion KubernetesVersion

	// ControlPlane says who runs the API server, etcd, the scheduler and the controller manager.
	ControlPlane ControlPlaneOwner

	// PolicyEnforcer says what enforces NetworkPolicy objects once every layer stands.
	PolicyEnforcer PolicyEnforcer

	// NeedsNetwork is true if nodes stay NotReady until a component of ours installs a pod network.
	NeedsNetwork bool

	// NeedsPolicyEngine is true if the cluster has a pod network of the cloud's, beside which a component of ours installs
	// the PolicyEnforcer. PodInterfaces is then how the names of pods' interfaces on nodes start.
	NeedsPolicyEngine bool
	PodInterfaces     string

	// PodCIDR and ServiceCIDR are the cluster's address ranges in CIDR notation.
	PodCIDR     string
	ServiceCIDR string

	// AuditSink says where the API server's audit events go.
	AuditSink AuditSink

	// SecretsEncryption says what encrypts Secret objects at rest.
	SecretsEncryption SecretsEncryption

	// TLSFloor is the lowest TLS version that any control-plane port accepts.
	TLSFloor TLSVersion

	// PrivateEndpoint is true if the API server can be reached only from inside the network that the cluster stands in.
	PrivateEndpoint bool

	// DeployersGroup is the group of Kubernetes that whoever runs this program is in, if the provider makes one. Empty: the
	// administrators that the cluster has by itself.
	DeployersGroup string

	// Deployer is the user of Kubernetes that runs this program, if the provider knows it. Empty: it does not.
	Deployer string

	// AddonManager is the user that the cloud keeps its own add-ons in order as. Empty: there is none.
	AddonManager string

	// StorageNamespace is a namespace outside kube-system in which the cluster's own provisioner of volumes runs, and
	// StorageAccount the service account that it makes persistent volumes as. Empty: there is none.
	StorageNamespace string
	StorageAccount   string

	// Ephemeral clusters may be deleted with all that is in them: nothing in them is protected.
	Ephemeral bool
}

// ControlPlaneOwner says who runs the control plane.
type ControlPlaneOwner string

// The two kinds of control plane: one whose files and flags we set, and one that a cloud runs for us.
const (
	ControlPlaneSelfManaged ControlPlaneOwner = "self-managed"
	ControlPlaneManaged     ControlPlaneOwner = "managed"
)

// PolicyEnforcer names what enforces NetworkPolicy objects.
type PolicyEnforcer string

// Policy enforcers.
const (
	// PolicyEnforcerCalico is the Calico that components/network installs.
	PolicyEnforcerCalico PolicyEnforcer = "calico"
	// PolicyEnforcerManagedCalico is a Calico that the cloud installs and keeps. Nothing but plain NetworkPolicy is relied on.
	PolicyEnforcerManagedCalico PolicyEnforcer = "managed-calico"
	// PolicyEnforcerDataplaneV2 is GKE's Dataplane V2, which is made of Cilium.
	PolicyEnforcerDataplaneV2 PolicyEnforcer = "dataplane-v2"
)

// AuditSink names where audit events go.
type AuditSink string

// Audit sinks.
const (
	// AuditSinkNodeFile is a rotated file on each control-plane node.
	AuditSinkNodeFile AuditSink = "node-file"
	// AuditSinkCloudWatch is a log group of CloudWatch.
	AuditSinkCloudWatch AuditSink = "cloudwatch"
	// AuditSinkLogAnalytics is a workspace of Azure's Log Analytics.
	AuditSinkLogAnalytics AuditSink = "log-analytics"
	// AuditSinkCloudLogging is a bucket of Google's Cloud Logging.
	AuditSinkCloudLogging AuditSink = "cloud-logging"
)

// SecretsEncryption names what encrypts Secret objects at rest.
type SecretsEncryption string

// Encryption providers for Secret objects.
const (
	// SecretsEncryptionSecretbox is XSalsa20 and Poly1305 with a key that is made for the cluster.
	SecretsEncryptionSecretbox SecretsEncryption = "secretbox"
	// SecretsEncryptionKMS is envelope encryption with a key in the cloud's key service.
	SecretsEncryptionKMS SecretsEncryption = "kms"
)

// TLSVersion is a TLS protocol version as people write it: "1.2" or "1.3".
type TLSVersion string

// The TLS versions that may be a floor.
const (
	TLS12 TLSVersion = "1.2"
	TLS13 TLSVersion = "1.3"
)
