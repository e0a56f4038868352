package rollout

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/calendar"
)

// Change is what lies between two revisions.
type Change struct {
	Class calendar.Class
	// Reason says what changes, without a full stop.
	Reason string
	// From and To are the versions; they differ for a fix and a release, and may
	// for maintenance.
	From, To string
}

// MovesVersion says whether another version of the server starts.
func (c Change) MovesVersion() bool { return c.From != c.To }

// Key is the same for the clients to whom the same change comes.
func (c Change) Key() string {
	if c.MovesVersion() {
		return VersionKey(c.To)
	}
	return c.Reason
}

// VersionKey is the Key of every change to a version.
func VersionKey(version string) string { return "version " + version }

// difference is one part of a change.
type difference struct {
	class calendar.Class
	text  string
}

// strictness orders the classes: a change is what its strictest part is.
var strictness = []calendar.Class{calendar.None, calendar.Fix, calendar.Maintenance, calendar.Release}

// Compare says what it is to go from what runs to what is wanted. Step says what
// kind of version follows another one.
func Compare(runs, wanted *Revision, step func(from, to string) (calendar.Class, error)) (Change, error) {
	change := Change{Class: calendar.None, From: runs.Version, To: wanted.Version}
	found, err := differences(runs, wanted, step)
	if err != nil {
		return change, err
	}
	texts := make([]string, 0, len(found))
	for _, d := range found {
		texts = append(texts, d.text)
		change.Class = stricter(change.Class, d.class)
	}
	change.Reason = cmp.Or(strings.Join(texts, ", "), "labels")
	return change, nil
}

// stricter takes a class that it does not know for maintenance.
func stricter(a, b calendar.Class) calendar.Class {
	if !slices.Contains(strictness, b) {
		b = calendar.Maintenance
	}
	if slices.Index(strictness, b) > slices.Index(strictness, a) {
		return b
	}
	return a
}

func differences(runs, wanted *Revision, step func(from, to string) (calendar.Class, error)) ([]difference, error) {
	var found []difference
	if runs.Version != wanted.Version {
		class, err := step(runs.Version, wanted.Version)
		if err != nil {
			return nil, err
		}
		found = append(found, difference{class, fmt.Sprintf("version %s → %s", runs.Version, wanted.Version)})
	}
	found = append(found, named(runs, wanted)...)
	for _, d := range []difference{ofHost(runs, wanted), ofServer(runs, wanted), ofAddress(runs, wanted)} {
		if d.class != "" {
			found = append(found, d)
		}
	}
	return found, nil
}

// Unknown is the change from what nobody knows any more.
func Unknown(wanted *Revision) Change {
	return Change{Class: calendar.Maintenance, Reason: "what runs is not known to the operator, and is replaced", From: wanted.Version, To: wanted.Version}
}

// Removal is the change that ends an environment.
func Removal(runs *Revision) Change {
	return Change{Class: calendar.Maintenance, Reason: "this environment is no longer asked for, and ends", From: runs.Version, To: runs.Version}
}

// named are differences that have a word of their own. What they are to those who
// use the server shows in the Deployment: another issuer, for one, nowhere.
func named(runs, wanted *Revision) []difference {
	var found []difference
	for _, each := range []struct{ word, old, now string }{
		{"certificate", source(runs.Certificate), source(wanted.Certificate)},
		{"logo", cmp.Or(runs.Logo, "none"), cmp.Or(wanted.Logo, "none")},
		{"mail credentials", cmp.Or(runs.MailCredentials, "none"), cmp.Or(wanted.MailCredentials, "none")},
	} {
		if each.old != each.now {
			found = append(found, difference{calendar.None, fmt.Sprintf("%s %s → %s", each.word, each.old, each.now)})
		}
	}
	return found
}

func source(certificate v1alpha1.CertificateSource) string {
	if issuer := certificate.IssuerRef; issuer != nil {
		return issuer.Kind + " " + issuer.Name
	}
	return "Secret " + certificate.SecretName
}

func ofHost(runs, wanted *Revision) difference {
	if runs.Host == wanted.Host {
		return difference{}
	}
	return difference{calendar.Maintenance, fmt.Sprintf("address %s → %s", runs.Host, wanted.Host)}
}

// ofServer compares the Deployments. The image of another version, and the label
// that names it, are that version's.
func ofServer(runs, wanted *Revision) difference {
	old, now := runs.Server.Spec.DeepCopy(), wanted.Server.Spec.DeepCopy()
	if runs.Version != wanted.Version {
		old.Template.Labels, now.Template.Labels = without(old.Template.Labels, runs.Version), without(now.Template.Labels, wanted.Version)
		for i := range old.Template.Spec.Containers {
			old.Template.Spec.Containers[i].Image = ""
		}
		for i := range now.Template.Spec.Containers {
			now.Template.Spec.Containers[i].Image = ""
		}
	}
	old.RevisionHistoryLimit, now.RevisionHistoryLimit = nil, nil
	if equality.Semantic.DeepEqual(old, now) {
		return difference{}
	}
	return difference{calendar.Maintenance, "server: " + strings.Join(paths(old, now), ", ")}
}

// ofAddress compares the Services. The annotation with the host is the host's.
func ofAddress(runs, wanted *Revision) difference {
	old, now := runs.Address, wanted.Address
	if runs.Host != wanted.Host {
		old.Annotations, now.Annotations = without(old.Annotations, runs.Host), without(now.Annotations, wanted.Host)
	}
	old.Labels, now.Labels = nil, nil
	if equality.Semantic.DeepEqual(old, now) {
		return difference{}
	}
	return difference{calendar.Maintenance, "public Service: " + strings.Join(paths(old, now), ", ")}
}

// without leaves out what holds a value that is told already.
func without(held map[string]string, value string) map[string]string {
	rest := maps.Clone(held)
	maps.DeleteFunc(rest, func(_, each string) bool { return each == value })
	return rest
}

// paths names the fields that differ, each by the last name that says something.
func paths(old, now any) []string {
	var names []string
	walk(fields(old), fields(now), "", &names)
	slices.Sort(names)
	return slices.Compact(names)
}

// fields of what was rendered: that is written without fail.
func fields(value any) any {
	text, _ := json.Marshal(value)
	var plain any
	_ = json.Unmarshal(text, &plain)
	return plain
}

// passed are names within which the next one says more.
var passed = []string{"", "spec", "template", "metadata", "containers", "securityContext"}

func walk(old, now any, name string, names *[]string) {
	if reflect.DeepEqual(old, now) {
		return
	}
	before, isMap := old.(map[string]any)
	after, areMaps := now.(map[string]any)
	if isMap && areMaps && slices.Contains(passed, name) {
		for key := range union(before, after) {
			walk(before[key], after[key], key, names)
		}
		return
	}
	list, isList := old.([]any)
	other, areLists := now.([]any)
	if isList && areLists && len(list) == len(other) && slices.Contains(passed, name) {
		for i := range list {
			walk(list[i], other[i], "", names)
		}
		return
	}
	*names = append(*names, name)
}

func union(a, b map[string]any) map[string]bool {
	keys := map[string]bool{}
	for key := range a {
		keys[key] = true
	}
	for key := range b {
		keys[key] = true
	}
	return keys
}
