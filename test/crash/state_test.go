package crash

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/controllers/sharingtenant"
	"voute.dev/voute/internal/apply"
)

// state is everything that there is of a client, in Kubernetes and in Vault,
// but for what every run makes anew: identities, times, addresses.
func (n *tenant) state() string {
	n.Helper()
	var objects []string
	known := []string{n.namespace, "NAMESPACE", n.version(oldVersion), "VERSION BEFORE", n.version(brokenVersion), "BROKEN VERSION", n.version(soundVersion), "SOUND VERSION"}
	n.everything(func(object unstructured.Unstructured) {
		name := object.GetKind() + " " + object.GetName()
		known = append(known, string(object.GetUID()), "uid of "+name)
		countFrom(object.Object, n.generations[name])
		objects = append(objects, describe(object))
	})
	objects = append(objects, n.allocations())
	for _, key := range n.vault.Keys(n.T, n.namespace) {
		objects = append(objects, "key "+key)
	}
	slices.Sort(objects)
	all := strings.NewReplacer(known...).Replace(strings.Join(objects, "\n"))
	return withoutTimes(withoutHash(all))
}

// allocations are what was recorded to be billed, one after the other: in which
// months, is by chance.
func (n *tenant) allocations() string {
	n.Helper()
	list := &v1alpha1.BillingStatementList{}
	theirs := client.MatchingLabels{v1alpha1.TenantNamespaceLabel: n.namespace}
	eventually(n.T, "the API server lists statements", func() error { return n.kube.List(n.Context(), list, client.InNamespace(operatorNamespace), theirs) })
	slices.SortFunc(list.Items, func(a, b v1alpha1.BillingStatement) int { return strings.Compare(a.Spec.Month, b.Spec.Month) })
	var recorded []int64
	for _, statement := range list.Items {
		for _, each := range statement.Spec.Allocations {
			recorded = append(recorded, *each.AllocatedGB)
		}
	}
	return fmt.Sprintf("allocated: %v", slices.Compact(recorded))
}

// everything shows each object of the namespace.
func (n *tenant) everything(show func(unstructured.Unstructured)) {
	n.Helper()
	for _, kind := range append(sharingtenant.Owned(), &corev1.Secret{}, &v1alpha1.SharingTenant{}, &v1alpha1.Pilot{}, &v1alpha1.RetentionPolicy{}) {
		for _, object := range n.list(kind) {
			show(object)
		}
	}
}

// countFrom has generations begin with this life: an object that was changed once
// more than in another life shows.
func countFrom(value any, first int64) {
	switch value := value.(type) {
	case map[string]any:
		for name, field := range value {
			if count, ok := field.(int64); ok && (name == "generation" || name == "observedGeneration") {
				value[name] = count - first
			}
			countFrom(field, first)
		}
	case []any:
		for _, item := range value {
			countFrom(item, first)
		}
	}
}

// withoutGenerations leaves out how often objects were changed.
func withoutGenerations(state string) string { return generations.ReplaceAllString(state, "") }

var generations = regexp.MustCompile(`(?m)^ *"(generation|observedGeneration)": \d+,?\n`)

// withoutTimes leaves out of texts the instants of this run: others than those, in
// certificates and calendars, are the same in every run.
func withoutTimes(text string) string {
	return instants.ReplaceAllStringFunc(text, func(found string) string {
		at, err := time.Parse(time.RFC3339, found)
		if err != nil || time.Until(at).Abs() > aroundNow {
			return found
		}
		return "INSTANT"
	})
}

// aroundNow is longer than any time that passes for a client, and than a notice is
// given ahead.
const aroundNow = 30 * 24 * time.Hour

var instants = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)

func withoutHash(text string) string { return revisionNames.ReplaceAllString(text, "$1-HASH") }

// revisionNames end in a hash, in which the namespace is.
var revisionNames = regexp.MustCompile(`(-(?:production|development))-[0-9a-f]{10}\b`)

func (n *tenant) list(kind client.Object) []unstructured.Unstructured {
	n.Helper()
	gvks, _, err := n.kube.Scheme().ObjectKinds(kind)
	if err != nil {
		n.Fatal(err)
	}
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(gvks[0].GroupVersion().WithKind(gvks[0].Kind + "List"))
	eventually(n.T, "the API server lists "+gvks[0].Kind, func() error { return n.kube.List(n.Context(), list, client.InNamespace(n.namespace)) })
	return list.Items
}

// changing are the fields that every run makes anew.
var changing = []string{
	"uid", "resourceVersion", "creationTimestamp", "deletionTimestamp", "lastTransitionTime", "usageTime", "figuresTime", "lastSweep", "keysClosedThrough", "keysWaitingSince", "time", "healthySince", "startTime", "deadline", "monthTotal", "growth",
	"clusterIP", "clusterIPs", "nodePort", "healthCheckNodePort", "sharing.voute.dev/desired", "data",
}

// describe is an object as JSON: a Secret without what it holds, and without
// the hash of all fields, in which the owner's uid is.
func describe(object unstructured.Unstructured) string {
	fields := object.DeepCopy().Object
	for _, owner := range object.GetOwnerReferences() {
		fields["owned by"] = string(owner.UID)
	}
	if object.GetDeletionTimestamp() != nil {
		fields["is going"] = true
	}
	if data, found := fields["data"]; found && object.GetKind() != "Secret" {
		fields["holds"] = data
	}
	drop(fields)
	// They come in the order of their times, which may be the same. An object that
	// was made in one go, and one that was changed on the way, differ in what wrote
	// them: a create notes the maps too in which its fields are.
	owners, _, _ := unstructured.NestedSlice(fields, "metadata", "managedFields")
	for _, owner := range owners {
		unwritten(owner)
	}
	slices.SortFunc(owners, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	_ = unstructured.SetNestedSlice(fields, owners, "metadata", "managedFields") // there is such an object
	text, err := json.MarshalIndent(fields, "", " ")
	if err != nil {
		return err.Error()
	}
	return object.GetKind() + " " + object.GetName() + " " + string(text)
}

// unwritten leaves out of who owns which fields how they were written.
func unwritten(value any) {
	fields, ok := value.(map[string]any)
	if !ok {
		return
	}
	if fields["manager"] == apply.Owner && fields["subresource"] == nil {
		delete(fields, "operation")
	}
	delete(fields, ".")
	for _, field := range fields {
		unwritten(field)
	}
}

func drop(value any) {
	switch value := value.(type) {
	case map[string]any:
		for _, name := range changing {
			delete(value, name)
			delete(value, "f:"+name) // who owns it, where it is not always there
		}
		for _, field := range value {
			drop(field)
		}
	case []any:
		for _, item := range value {
			drop(item)
		}
	}
}

// facts counts what people were told of a client.
type facts map[string]int

var identities = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

func (n *tenant) facts() facts {
	n.Helper()
	list := &eventsv1.EventList{}
	eventually(n.T, "the API server lists events", func() error { return n.kube.List(n.Context(), list, client.InNamespace(n.namespace)) })
	told := facts{}
	for _, event := range list.Items {
		count := 1
		if event.Series != nil {
			count = int(event.Series.Count)
		}
		fact := fmt.Sprintf("%s %s %s %s %s: %s", event.Regarding.Kind, event.Regarding.Name, event.Type, event.Reason, event.Action, event.Note)
		told[withoutTimes(identities.ReplaceAllLiteralString(strings.ReplaceAll(fact, n.namespace, "NAMESPACE"), "uid"))] += count
	}
	return told
}

// forgetFacts removes what was told before: a list of it all would take longest.
func (n *tenant) forgetFacts() {
	n.Helper()
	if err := n.kube.DeleteAllOf(n.Context(), &eventsv1.Event{}, client.InNamespace(n.namespace)); err != nil {
		n.Fatal(err)
	}
}

// since leaves what was told later.
func (f facts) since(before facts) facts {
	later := facts{}
	for fact, count := range f {
		if count > before[fact] {
			later[fact] = count - before[fact]
		}
	}
	return later
}

// tooMany sums up how much more often than allowed each fact was told.
func (f facts) tooMany(allowed int) (sum int, lines []string) {
	for fact, count := range f {
		if count > allowed {
			sum += count - allowed
			lines = append(lines, fmt.Sprintf("%d times %s", count, fact))
		}
	}
	return sum, lines
}

// difference shows the first lines in which two states differ.
func difference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	around := func(lines []string) string { return strings.Join(lines[max(0, i-3):min(len(lines), i+6)], "\n") }
	// The nearest line that begins an object says which one it is.
	head := "the beginning"
	for j := min(i, len(b)-1); j >= 0; j-- {
		if b[j] != "" && b[j][0] >= 'A' && b[j][0] <= 'Z' {
			head = b[j]
			break
		}
	}
	return fmt.Sprintf("near %s\n--- is\n%s\n--- is to be\n%s", head, around(a), around(b))
}
