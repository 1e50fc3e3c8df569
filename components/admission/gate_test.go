package admission

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	dynamicfake "k8s.io/client-go/dynamic/fake"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/rampart-iac/rampart/components/internal/enginetest"
	"github.com/rampart-iac/rampart/tests/framework/examples"
)

// gate is the API server's own admission plugin with what a program registers loaded into it.
type gate struct {
	plugin     *validating.Plugin
	interfaces admission.ObjectInterfaces
}

// tracer is a namespace that a gate of its own policy refuses everything in: when it does, the plugin has compiled all.
const tracer = "tracer"

func newGate(t *testing.T, namespaces map[string]map[string]string, program pulumi.RunFunc) *gate {
	t.Helper()
	recorder := enginetest.MustRun(t, program)
	stored := []runtime.Object{}
	for _, args := range recorder.OfType("kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy") {
		policy := &admissionregistrationv1.ValidatingAdmissionPolicy{}
		recorder.Decode(t, args.Name, policy)
		stored = append(stored, withServersDefaults(policy))
	}
	for _, args := range recorder.OfType("kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding") {
		binding := &admissionregistrationv1.ValidatingAdmissionPolicyBinding{}
		recorder.Decode(t, args.Name, binding)
		stored = append(stored, bindingWithServersDefaults(binding))
	}
	if len(stored) == 0 {
		t.Fatal("the program registers no policy")
	}
	stored = append(stored, tracerPolicy()...)
	for name, labels := range namespaces {
		stored = append(stored, namespace(name, labels))
	}

	client := fake.NewClientset(append(stored, namespace(tracer, nil))...)
	factory := informers.NewSharedInformerFactory(client, 0)
	plugin, err := validating.NewPlugin(nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	plugin.SetExternalKubeClientSet(client)
	plugin.SetExternalKubeInformerFactory(factory)
	plugin.SetDynamicClient(dynamicfake.NewSimpleDynamicClient(scheme.Scheme))
	plugin.SetRESTMapper(meta.NewDefaultRESTMapper(scheme.Scheme.PreferredVersionAllGroups()))
	plugin.SetUnconditionalAuthorizer(authorizerfactory.NewAlwaysAllowAuthorizer())
	plugin.SetDrainedNotification(ctx.Done())
	if err := plugin.ValidateInitialization(); err != nil {
		t.Fatal(err)
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())

	g := &gate{plugin: plugin, interfaces: admission.NewObjectInterfacesFromScheme(scheme.Scheme)}
	probe := examples.Request{Example: examples.Example{Operation: "CREATE"}, Object: &corev1.ConfigMap{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"}, ObjectMeta: metav1.ObjectMeta{Name: "a", Namespace: tracer},
	}}
	for deadline := time.Now().Add(time.Minute); g.review(probe) == nil; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the plugin enforces nothing after a minute")
		}
	}
	return g
}

// tracerPolicy refuses every ConfigMap in the namespace tracer. Policies are compiled all at once.
func tracerPolicy() []runtime.Object {
	policy := &admissionregistrationv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: tracer},
		Spec: admissionregistrationv1.ValidatingAdmissionPolicySpec{
			MatchConstraints: &admissionregistrationv1.MatchResources{ResourceRules: []admissionregistrationv1.NamedRuleWithOperations{{
				RuleWithOperations: admissionregistrationv1.RuleWithOperations{
					Operations: []admissionregistrationv1.OperationType{"*"},
					Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"configmaps"}},
				},
			}}},
			Validations: []admissionregistrationv1.Validation{{Expression: `request.namespace != "` + tracer + `"`}},
		},
	}
	binding := &admissionregistrationv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: tracer},
		Spec: admissionregistrationv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: tracer, ValidationActions: []admissionregistrationv1.ValidationAction{admissionregistrationv1.Deny},
		},
	}
	return []runtime.Object{withServersDefaults(policy), bindingWithServersDefaults(binding)}
}

// withServersDefaults fills in what the API server does when it stores a policy.
func withServersDefaults(policy *admissionregistrationv1.ValidatingAdmissionPolicy) *admissionregistrationv1.ValidatingAdmissionPolicy {
	equivalent := admissionregistrationv1.Equivalent
	constraints := policy.Spec.MatchConstraints
	constraints.NamespaceSelector, constraints.ObjectSelector = &metav1.LabelSelector{}, &metav1.LabelSelector{}
	if constraints.MatchPolicy == nil {
		constraints.MatchPolicy = &equivalent
	}
	return policy
}

func bindingWithServersDefaults(
	binding *admissionregistrationv1.ValidatingAdmissionPolicyBinding,
) *admissionregistrationv1.ValidatingAdmissionPolicyBinding {
	equivalent := admissionregistrationv1.Equivalent
	if binding.Spec.MatchResources == nil {
		return binding
	}
	binding.Spec.MatchResources.ObjectSelector = &metav1.LabelSelector{}
	binding.Spec.MatchResources.MatchPolicy = &equivalent
	if binding.Spec.MatchResources.NamespaceSelector == nil {
		binding.Spec.MatchResources.NamespaceSelector = &metav1.LabelSelector{}
	}
	return binding
}

func namespace(name string, labels map[string]string) *corev1.Namespace {
	all := map[string]string{"kubernetes.io/metadata.name": name}
	for key, value := range labels {
		all[key] = value
	}
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: all}}
}

// create asks for an object as anybody.
func (g *gate) create(object runtime.Object) error {
	return g.review(examples.Request{Example: examples.Example{User: examples.Attacker, Operation: "CREATE"}, Object: object})
}

// update asks for a change as anybody.
func (g *gate) update(object, old runtime.Object, subresource string) error {
	return g.review(examples.Request{
		Example: examples.Example{User: examples.Attacker, Operation: "UPDATE", Subresource: subresource}, Object: object, Old: old,
	})
}

func (g *gate) review(request examples.Request) error {
	known := request.Object
	if known == nil {
		known = request.Old
	}
	kinds, _, err := scheme.Scheme.ObjectKinds(known)
	if err != nil {
		return err
	}
	kind, resource := kinds[0], resourceOf(kinds[0])
	namespace, name := request.Namespace, request.Target
	if accessor, err := meta.Accessor(known); err == nil {
		namespace, name = accessor.GetNamespace(), accessor.GetName()
	}
	if request.Resource != "" {
		resource = schema.GroupVersionResource{Version: "v1", Resource: request.Resource}
	}
	operation := admission.Operation(request.Operation)
	options := map[admission.Operation]runtime.Object{
		admission.Create: &metav1.CreateOptions{}, admission.Update: &metav1.UpdateOptions{}, admission.Delete: &metav1.DeleteOptions{},
	}[operation]
	object := request.Object
	if operation == admission.Delete {
		object = nil
	}
	return g.plugin.Validate(context.Background(), admission.NewAttributesRecord(object, request.Old, kind,
		namespace, name, resource, request.Subresource, operation, options, false,
		&user.DefaultInfo{Name: request.User, Groups: append(slices.Clone(request.Groups), user.AllAuthenticated)}), g.interfaces)
}

func resourceOf(kind schema.GroupVersionKind) schema.GroupVersionResource {
	resource, _ := meta.UnsafeGuessKindToResource(kind)
	return resource
}

// check holds what became of a request against what its example says.
func check(request examples.Request, err error) error {
	if request.Deny == "" {
		if err != nil {
			return fmt.Errorf("%s: refused: %w", request.Name, err)
		}
		return nil
	}
	if err == nil {
		return fmt.Errorf("%s: admitted, want %q", request.Name, request.Deny)
	}
	var faults []error
	for _, part := range append([]string{request.Deny}, request.Names...) {
		if !strings.Contains(err.Error(), part) {
			faults = append(faults, fmt.Errorf("%s: refused with %w, which does not say %q", request.Name, err, part))
		}
	}
	return errors.Join(faults...)
}

// runExamples asks for all that stands in a file, and wants at least so many requests.
func runExamples(t *testing.T, path string, atLeast int, from definition) {
	t.Helper()
	count, denied, faults := answers(t, path, from)
	for _, fault := range faults {
		t.Error(fault)
	}
	if count < atLeast || denied == 0 || denied == count {
		t.Errorf("%s: %d requests, %d of them to deny: an example got lost", path, count, denied)
	}
	// Without a rule some example must be admitted that this rule denies: else nothing shows that the rule does anything.
	for i, left := range from.rules {
		t.Run("without "+left.variable, func(t *testing.T) {
			t.Parallel()
			without := from
			without.rules = slices.Delete(slices.Clone(from.rules), i, i+1)
			if _, _, faults := answers(t, path, without); len(faults) == 0 {
				t.Errorf("%s is satisfied without the rule %q", path, left.before)
			}
		})
	}
}

// answers asks for all that stands in a file: as it is, and for pods as an update too, from a decent pod and from
// themselves. It returns how many requests there are, how many are to be denied, and what went otherwise.
func answers(t *testing.T, path string, from definition) (count, denied int, faults []error) {
	t.Helper()
	file, err := examples.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	requests, err := file.Requests()
	if err != nil {
		t.Fatal(err)
	}
	g := newGate(t, file.Namespaces, func(ctx *pulumi.Context) error {
		_, err := register(ctx, "rampart:test:Policy", "policy", from, nil)
		return err
	})
	ask := func(request examples.Request) {
		if err := check(request, g.review(request)); err != nil {
			faults = append(faults, err)
		}
	}
	for _, request := range requests {
		ask(request)
		if request.Deny != "" {
			denied++
		}
		if request.Pod == nil {
			continue
		}
		update := request
		update.Operation, update.Old = "UPDATE", examples.Bearer(request.Kind, request.Namespace, examples.DecentPod())
		update.Name += ", by an update"
		// A pod that is as decent as before brings nothing in, whatever the namespace asks for by now.
		if !reflect.DeepEqual(update.Old, update.Object) {
			ask(update)
		}
		// What stood before the policy did can still be changed in other ways.
		update.Old, update.Deny, update.Name = request.Object, "", request.Name+", that was there before"
		ask(update)
	}
	return len(requests), denied, faults
}
