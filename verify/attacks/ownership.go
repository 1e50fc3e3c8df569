package attacks

import (
	"context"
	"encoding/json"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	admissionclient "k8s.io/client-go/kubernetes/typed/admissionregistration/v1"

	"github.com/rampart-iac/rampart/verify"
)

// managedBy marks the objects of the product.
const managedBy = "app.kubernetes.io/managed-by=rampart"

func ownership(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	const control = "RMP-ADM-011"
	client, err := officer(ctx, scope, "ownership")
	if err != nil {
		return err
	}
	namespaces, err := tenants(ctx, scope)
	if err != nil {
		return err
	}
	if len(namespaces) == 0 {
		return errNoTenants
	}
	namespace, err := scope.CommonNamespace(ctx)
	if err != nil {
		return err
	}
	dryDelete := metav1.DeleteOptions{DryRun: dryRun.DryRun}
	policy := &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Name: "own", Labels: scope.Labels()}}
	if _, err := client.NetworkingV1().NetworkPolicies(namespace).Create(ctx, policy, metav1.CreateOptions{}); err != nil {
		return err
	}
	if err := trial.Control("somebody's own policy may be deleted",
		client.NetworkingV1().NetworkPolicies(namespace).Delete(ctx, policy.Name, dryDelete)); err != nil {
		return err
	}
	own := metav1.ListOptions{LabelSelector: managedBy}
	var attempts []attempt
	for _, tenant := range namespaces {
		policies, err := scope.Client.NetworkingV1().NetworkPolicies(tenant).List(ctx, own)
		if err != nil {
			return err
		}
		for _, policy := range policies.Items {
			attempts = append(attempts, attempt{"the deletion of network policy " + tenant + "/" + policy.Name,
				func(ctx context.Context) error {
					return client.NetworkingV1().NetworkPolicies(tenant).Delete(ctx, policy.Name, dryDelete)
				}})
		}
		attempts = append(attempts, attempt{"a change of namespace " + tenant + " to privileged", func(ctx context.Context) error {
			_, err := client.CoreV1().Namespaces().Patch(ctx, tenant, types.MergePatchType,
				[]byte(`{"metadata":{"labels":{"`+enforceLabel+`":"privileged"}}}`), dryPatch)
			return err
		}})
	}
	global, err := againstGlobalPolicies(ctx, scope, client)
	if err != nil {
		return err
	}
	attempts = append(attempts, global...)
	refused, err := everyChangeIsRefused(ctx, trial, control, attempts)
	if err != nil {
		return err
	}
	trial.Held(control, "%d changes to what holds the controls are refused to somebody whose role gives every right", refused)
	return nil
}

// againstGlobalPolicies are the deletions of Calico's policies of the whole cluster. There are none where Calico is not.
func againstGlobalPolicies(ctx context.Context, scope *verify.Scope, client kubernetes.Interface) ([]attempt, error) {
	const path = "/apis/crd.projectcalico.org/v1/globalnetworkpolicies"
	text, err := scope.Client.Discovery().RESTClient().Get().AbsPath(path).Param("labelSelector", managedBy).DoRaw(ctx)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list metav1.PartialObjectMetadataList
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, err
	}
	var attempts []attempt
	for _, policy := range list.Items {
		attempts = append(attempts, attempt{"the deletion of the policy of the whole cluster " + policy.Name,
			func(ctx context.Context) error {
				return client.Discovery().RESTClient().Delete().AbsPath(path, policy.Name).Param("dryRun", metav1.DryRunAll).Do(ctx).Error()
			}})
	}
	return attempts, nil
}

// dryPatch is for patches: an update of what somebody else changes at that moment conflicts with it, and shows nothing.
var dryPatch = metav1.PatchOptions{DryRun: dryRun.DryRun}

// guard deletes the policies themselves and their bindings, and takes their label away.
func guard(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	const control = "RMP-ADM-013"
	client, err := officer(ctx, scope, "guard")
	if err != nil {
		return err
	}
	api, dryDelete := client.AdmissionregistrationV1(), metav1.DeleteOptions{DryRun: dryRun.DryRun}
	own := &admissionv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: scope.Name("guard"), Labels: scope.Labels()},
		Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: scope.Name("none"), ValidationActions: []admissionv1.ValidationAction{admissionv1.Warn},
		},
	}
	bindings := scope.Client.AdmissionregistrationV1().ValidatingAdmissionPolicyBindings()
	scope.DeferDelete("binding "+own.Name,
		func(ctx context.Context) error { return bindings.Delete(ctx, own.Name, metav1.DeleteOptions{}) },
		func(ctx context.Context) error {
			_, err := bindings.Get(ctx, own.Name, metav1.GetOptions{})
			return err
		})
	if _, err := api.ValidatingAdmissionPolicyBindings().Create(ctx, own, metav1.CreateOptions{}); err != nil {
		return err
	}
	if err := trial.Control("somebody's own binding of a policy may be deleted",
		api.ValidatingAdmissionPolicyBindings().Delete(ctx, own.Name, dryDelete)); err != nil {
		return err
	}
	attempts, err := againstPolicies(ctx, api, dryDelete)
	if err != nil {
		return err
	}
	if len(attempts) == 0 {
		trial.Broken(control, "the cluster has no policy that bears the label %s", managedBy)
		return nil
	}
	refused, err := everyChangeIsRefused(ctx, trial, control, attempts)
	if err != nil {
		return err
	}
	trial.Held(control, "%d changes to policies and their bindings are refused to somebody whose role gives every right", refused)
	return nil
}

// againstPolicies are the changes that would take policies out of force.
func againstPolicies(
	ctx context.Context, api admissionclient.AdmissionregistrationV1Interface, dryDelete metav1.DeleteOptions,
) ([]attempt, error) {
	own := metav1.ListOptions{LabelSelector: managedBy}
	policies, err := api.ValidatingAdmissionPolicies().List(ctx, own)
	if err != nil {
		return nil, err
	}
	bindings, err := api.ValidatingAdmissionPolicyBindings().List(ctx, own)
	if err != nil {
		return nil, err
	}
	var attempts []attempt
	for _, policy := range policies.Items {
		attempts = append(attempts, attempt{"the deletion of policy " + policy.Name, func(ctx context.Context) error {
			return api.ValidatingAdmissionPolicies().Delete(ctx, policy.Name, dryDelete)
		}})
	}
	for _, binding := range bindings.Items {
		attempts = append(attempts,
			attempt{"the deletion of binding " + binding.Name, func(ctx context.Context) error {
				return api.ValidatingAdmissionPolicyBindings().Delete(ctx, binding.Name, dryDelete)
			}},
			attempt{"a change of binding " + binding.Name + " to a warning, without its label", func(ctx context.Context) error {
				_, err := api.ValidatingAdmissionPolicyBindings().Patch(ctx, binding.Name, types.MergePatchType,
					[]byte(`{"metadata":{"labels":null},"spec":{"validationActions":["Warn"]}}`), dryPatch)
				return err
			}})
	}
	return attempts, nil
}
