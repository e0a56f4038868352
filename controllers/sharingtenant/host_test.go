package sharingtenant

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/conditions"
)

func claimant(name string, age time.Duration, address string) v1alpha1.SharingTenant {
	born := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC).Add(-age)
	tenant := v1alpha1.SharingTenant{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name), CreationTimestamp: metav1.NewTime(born)}}
	tenant.Spec.Environments = []v1alpha1.Environment{{Name: v1alpha1.ProductionEnvironment, Host: "h.example"}}
	tenant.Status.Environments = []v1alpha1.EnvironmentStatus{{Name: v1alpha1.ProductionEnvironment, URL: address}}
	return tenant
}

func TestHolder(t *testing.T) {
	young, old, oldest := claimant("young", time.Hour, ""), claimant("old", 2*time.Hour, ""), claimant("oldest", 3*time.Hour, "")
	serving, moving := claimant("serving", 0, "https://h.example:8443"), claimant("moving", 0, "https://g.example")
	for _, each := range []struct {
		name   string
		tenant v1alpha1.SharingTenant
		others []v1alpha1.SharingTenant
		want   string
	}{
		{"nobody else", young, nil, ""},
		{"a younger one", old, []v1alpha1.SharingTenant{young}, ""},
		{"several older ones: the oldest", young, []v1alpha1.SharingTenant{old, oldest}, "oldest"},
		{"who serves it keeps it", oldest, []v1alpha1.SharingTenant{young, serving}, "serving"},
		{"it serves it itself", serving, []v1alpha1.SharingTenant{oldest}, ""},
		{"it serves another host, and wants this one", moving, []v1alpha1.SharingTenant{serving}, "serving"},
		{"the other serves another host, and wants this one", young, []v1alpha1.SharingTenant{moving}, ""},
	} {
		t.Run(each.name, func(t *testing.T) {
			claiming := append([]v1alpha1.SharingTenant{each.tenant}, each.others...)
			for range 2 {
				got := ""
				if other := holder(claiming, &each.tenant, "h.example"); other != nil {
					got = other.Name
				}
				if got != each.want {
					t.Errorf("the host belongs to %q; want %q", got, each.want)
				}
				slices.Reverse(claiming)
			}
		})
	}
}

func TestNotAllowed(t *testing.T) {
	place := &Platform{Config: &configv1.PlatformConfiguration{Hosts: configv1.Hosts{AllowedSuffixes: []string{"gouv.qc.ca", "example.org"}}}}
	for _, each := range []struct{ host, open, want string }{
		{"partage.gouv.qc.ca", "", ""},
		{"partage.example.org", "https://elsewhere.example", ""},
		{"evilgouv.qc.ca", "", "the host evilgouv.qc.ca is not opened"},
		{"h.example", "https://g.example", "the host h.example is not opened"},
		{"h.example", "https://h.example:8443", "the host h.example stays open, and would not be opened today"},
	} {
		e := &environment{Environment: v1alpha1.Environment{Host: each.host}, status: &v1alpha1.EnvironmentStatus{URL: each.open}}
		problem := conditions.Classify(notAllowed(place, e))
		if (problem == nil) != (each.want == "") {
			t.Errorf("%+v: %v", each, problem)
			continue
		}
		if problem == nil {
			continue
		}
		for _, part := range []string{each.want, "gouv.qc.ca, example.org", "platform team", "hosts.allowedSuffixes"} {
			if problem.Class != conditions.Stalled || problem.Reason != "HostNotAllowed" || !strings.Contains(problem.Message, part) {
				t.Errorf("%+v: it lacks %q: %v", each, part, problem)
			}
		}
	}
}

// lost is a cache that cannot be asked.
type lost struct{ client.Client }

func (lost) List(context.Context, client.ObjectList, ...client.ListOption) error {
	return errors.New("the connection is lost")
}

// TestAHostThatCannotBeAskedAbout is no conflict: nothing is opened, nothing
// that is open closes or moves, and it is tried again.
func TestAHostThatCannotBeAskedAbout(t *testing.T) {
	r := &Reconciler{Client: lost{}}
	for _, open := range []string{"", "https://h.example"} {
		tenant := claimant("a", 0, open)
		s := &scope{tenant: &tenant, platform: &Platform{Config: &configv1.PlatformConfiguration{}}}
		e := &environment{Environment: tenant.Spec.Environments[0], status: &tenant.Status.Environments[0], exposed: open != ""}
		if err := r.checkHost(t.Context(), s, e); err != nil {
			t.Fatal(err)
		}
		problem := conditions.Classify(e.refused)
		if problem == nil || problem.Class != conditions.Retrying || problem.Reason != "HostUnread" || strings.Contains(problem.Message, "belongs") {
			t.Errorf("open at %q: %v", open, problem)
		}
		if isOpen := open != ""; (s.mayOpen(e) == nil) != isOpen || (e.withoutHost() == nil) != isOpen || e.kept != isOpen || e.Host != "h.example" {
			t.Errorf("open at %q: it may open: %v; made for it: %v; kept %v at %s", open, s.mayOpen(e), e.withoutHost(), e.kept, e.Host)
		}
	}
}
