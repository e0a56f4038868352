package sharingtenant

import (
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"voute.dev/voute/api/v1alpha1"
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
