package tenant

import (
	"fmt"
	"strconv"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/rampart-iac/rampart/components/internal/objects"
)

// CapacityName is the name of the ResourceQuota and the LimitRange in the namespace.
const CapacityName = "tenant"

// Quota is what all pods and objects of a tenant may take together. Quantities are written as Kubernetes does: cores as
// "2" or "500m", bytes as "512Mi" or "4Gi". What is left out has its default.
type Quota struct {
	// CPU is the sum of all containers' limits, in cores. Default: 20.
	CPU string
	// Memory is the sum of all containers' limits, in bytes. Default: 20Gi.
	Memory string
	// EphemeralStorage is the sum of all containers' limits on the nodes' own disks, in bytes. Default: 50Gi.
	EphemeralStorage string
	// Storage is the sum of all persistent volumes that are claimed, in bytes. Default: 50Gi.
	Storage string
	// Pods that are not finished. Default: 50.
	Pods int
	// Volumes are persistent volume claims. Default: 20.
	Volumes int
	// LoadBalancers are services that the world outside can reach. Default: none.
	LoadBalancers int
	// NodePorts are ports that such services open on every node. Default: none.
	NodePorts int
}

// Limits are what a single container gets and may ask for. What is left out has its default.
type Limits struct {
	// Default is the limit of a container that names none. Default: half a core, 256Mi of memory and 1Gi of disk, or Max if
	// that is less.
	Default Resources
	// Request is what is set aside for a container that names neither. Default: 50m, 64Mi and 64Mi, or Default if that is
	// less.
	Request Resources
	// Max is what no container may go beyond. Default: the quota.
	Max Resources
}

// Resources of a container: cores, and bytes of memory and of a node's own disk.
type Resources struct {
	CPU              string
	Memory           string
	EphemeralStorage string
}

// objectCount is how many Secrets, ConfigMaps and Services of each kind a tenant may have: enough for any honest one, and
// too few to fill etcd with.
const objectCount = 100

// kind is a resource that limits are about.
type kind struct {
	// Its names in Kubernetes and in a field.
	name, field string
	// Where it stands.
	of    func(*Resources) *string
	quota func(*Quota) *string
	// What a container gets that names nothing.
	limit, request string
}

var kinds = []kind{
	{
		"cpu", "cpu", func(r *Resources) *string { return &r.CPU },
		func(q *Quota) *string { return &q.CPU }, "500m", "50m",
	},
	{
		"memory", "memory", func(r *Resources) *string { return &r.Memory },
		func(q *Quota) *string { return &q.Memory }, "256Mi", "64Mi",
	},
	{
		"ephemeral-storage", "ephemeralStorage", func(r *Resources) *string { return &r.EphemeralStorage },
		func(q *Quota) *string { return &q.EphemeralStorage }, "1Gi", "64Mi",
	},
}

// withCapacityDefaults fills in what is left out. A default never breaks a setting that is given: it is as low as that.
func withCapacityDefaults(quota Quota, limits Limits) (Quota, Limits) {
	setText(&quota.CPU, "20")
	setText(&quota.Memory, "20Gi")
	setText(&quota.EphemeralStorage, "50Gi")
	setText(&quota.Storage, "50Gi")
	setNumber(&quota.Pods, 50)
	setNumber(&quota.Volumes, 20)
	for _, kind := range kinds {
		ceiling := kind.of(&limits.Max)
		setText(ceiling, *kind.quota(&quota))
		limit := kind.of(&limits.Default)
		setText(limit, lower(kind.limit, *ceiling))
		setText(kind.of(&limits.Request), lower(kind.request, *limit))
	}
	return quota, limits
}

func setText(field *string, value string) {
	if *field == "" {
		*field = value
	}
}

func setNumber(field *int, value int) {
	if *field == 0 {
		*field = value
	}
}

// lower returns the lower quantity, or the first if the second is none.
func lower(a, b string) string {
	quantity, err := resource.ParseQuantity(b)
	if err == nil && quantity.Cmp(resource.MustParse(a)) < 0 {
		return b
	}
	return a
}

// CheckCapacity calls report with the field (quota.cpu, limits.max.memory), the value and the rule of each thing that is
// wrong with a quota and limits.
func CheckCapacity(quota Quota, limits Limits, report func(field string, value any, rule string)) {
	for _, number := range []struct {
		field string
		value int
	}{
		{"quota.pods", quota.Pods}, {"quota.volumes", quota.Volumes},
		{"quota.loadBalancers", quota.LoadBalancers}, {"quota.nodePorts", quota.NodePorts},
	} {
		if number.value < 0 {
			report(number.field, number.value, "is negative: write how many there may be")
		}
	}
	checkQuantity("quota.storage", "storage", quota.Storage, report)
	fullQuota, fullLimits := withCapacityDefaults(quota, limits)
	for _, kind := range kinds {
		good := true
		for _, step := range kind.steps(&quota, &limits) {
			good = checkQuantity(step.field, kind.name, step.value, report) && good
		}
		steps := kind.steps(&fullQuota, &fullLimits)
		for i := 1; good && i < len(steps); i++ {
			below, above := steps[i-1], steps[i]
			highest := resource.MustParse(above.value)
			if highest.Cmp(resource.MustParse(below.value)) < 0 {
				report(above.field, above.value, fmt.Sprintf(
					"is less than %s %q, so that such a container would never start: raise it, or lower that", below.field, below.value))
			}
		}
	}
}

type step struct{ field, value string }

// steps are what bounds a resource, from the lowest to the highest: none may be above the next.
func (k kind) steps(quota *Quota, limits *Limits) []step {
	return []step{
		{"limits.request." + k.field, *k.of(&limits.Request)},
		{"limits.default." + k.field, *k.of(&limits.Default)},
		{"limits.max." + k.field, *k.of(&limits.Max)},
		{"quota." + k.field, *k.quota(quota)},
	}
}

// checkQuantity says whether a value is a quantity of a resource, or left out, and reports it if it is neither.
func checkQuantity(field, name, value string, report func(field string, value any, rule string)) bool {
	if value == "" {
		return true
	}
	example := "write bytes such as 512Mi or 4Gi"
	if name == "cpu" {
		example = `write cores such as "2", or thousandths of one such as 500m`
	}
	quantity, err := resource.ParseQuantity(value)
	switch {
	case err != nil:
		report(field, value, "is not a quantity: "+example)
	case quantity.Sign() <= 0:
		report(field, value, "is not above zero: "+example)
	case name == "cpu" && quantity.Format == resource.BinarySI:
		report(field, value, "is a number of bytes: "+example)
	case name != "cpu" && quantity.Cmp(resource.MustParse("1Mi")) < 0:
		report(field, value, "is less than 1Mi: "+example)
	default:
		return true
	}
	return false
}

// createQuota makes the quota. Quantities are written in the API server's own spelling, so that a refresh finds no
// differences.
func createQuota(
	ctx *pulumi.Context, name string, args TenantArgs, opts ...pulumi.ResourceOption,
) (*corev1.ResourceQuota, error) {
	settled, _ := withCapacityDefaults(args.Quota, args.Limits)
	quota, err := corev1.NewResourceQuota(ctx, name+"-quota", &corev1.ResourceQuotaArgs{
		Metadata: capacityMetadata(args),
		Spec:     &corev1.ResourceQuotaSpecArgs{Hard: hard(settled)},
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("quota: %w", err)
	}
	return quota, nil
}

// createLimits makes the limit range, in the same spelling.
func createLimits(
	ctx *pulumi.Context, name string, args TenantArgs, opts ...pulumi.ResourceOption,
) (*corev1.LimitRange, error) {
	_, settled := withCapacityDefaults(args.Quota, args.Limits)
	limits, err := corev1.NewLimitRange(ctx, name+"-limits", &corev1.LimitRangeArgs{
		Metadata: capacityMetadata(args),
		Spec: &corev1.LimitRangeSpecArgs{Limits: corev1.LimitRangeItemArray{&corev1.LimitRangeItemArgs{
			Type:           pulumi.String("Container"),
			Default:        quantities(settled.Default),
			DefaultRequest: quantities(settled.Request),
			Max:            quantities(settled.Max),
		}}},
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("limit range: %w", err)
	}
	return limits, nil
}

func capacityMetadata(args TenantArgs) *metav1.ObjectMetaArgs {
	return &metav1.ObjectMetaArgs{
		Name:      pulumi.String(CapacityName),
		Namespace: pulumi.String(args.Namespace),
		Labels:    objects.Labels(TenantLabel, args.Name),
	}
}

func hard(quota Quota) pulumi.StringMap {
	count := func(number int) pulumi.String { return pulumi.String(strconv.Itoa(number)) }
	all := pulumi.StringMap{
		"pods":                   count(quota.Pods),
		"persistentvolumeclaims": count(quota.Volumes),
		"requests.storage":       canonical(quota.Storage),
		"services.loadbalancers": count(quota.LoadBalancers),
		"services.nodeports":     count(quota.NodePorts),
		"secrets":                count(objectCount),
		"configmaps":             count(objectCount),
		"services":               count(objectCount),
	}
	for _, kind := range kinds {
		value := canonical(*kind.quota(&quota))
		// Requests are never above limits; to bound them by name also makes them show in the quota's status.
		all["limits."+kind.name], all["requests."+kind.name] = value, value
	}
	return all
}

func quantities(resources Resources) pulumi.StringMap {
	all := pulumi.StringMap{}
	for _, kind := range kinds {
		all[kind.name] = canonical(*kind.of(&resources))
	}
	return all
}

func canonical(value string) pulumi.String {
	quantity := resource.MustParse(value)
	return pulumi.String(quantity.String())
}
