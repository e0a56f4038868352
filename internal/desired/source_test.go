package desired

import (
	"reflect"
	"testing"

	corev1 "k8s.io/api/core/v1"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	serverconfig "voute.dev/voute/server/config"
)

// Whatever an object may follow from changes the source: what did not would keep
// the operator from seeing that change at all. A field that is new in Input has
// to have a line here.
func TestSource(t *testing.T) {
	changes := map[string]func(*Input){
		"Tenant":            func(in *Input) { in.Tenant.Generation++ },
		"Environment":       func(in *Input) { in.Environment.Host = "autre.gouv.qc.ca" },
		"Retention":         func(in *Input) { in.Retention = &serverconfig.Retention{DefaultDays: 31} },
		"Pilots":            func(in *Input) { in.Pilots = []serverconfig.Pilot{{ID: "marie"}} },
		"UploadsClosed":     func(in *Input) { in.UploadsClosed = true },
		"OperatorKeys":      func(in *Input) { in.OperatorKeys = []string{"key"} },
		"OperatorNamespace": func(in *Input) { in.OperatorNamespace = "elsewhere" },
		"QuotaBytes":        func(in *Input) { in.QuotaBytes = 7 },
		"Mounted":           func(in *Input) { in.Mounted = &Mounted{Logo: true} },
		"Notice":            func(in *Input) { in.Notice = &serverconfig.Notice{Kind: "fix"} },
		"Version":           func(in *Input) { in.Version = "9.9.9" },
		"Image":             func(in *Input) { in.Image = "other:1" },
		"Claim":             func(in *Input) { in.Claim = &corev1.PersistentVolumeClaim{}; in.Claim.ResourceVersion = "5" },
	}
	given := func() Input {
		return Input{Tenant: &v1alpha1.SharingTenant{}, Platform: &configv1.PlatformConfiguration{}}
	}
	before := given().Source(1, "")
	if again := given().Source(1, ""); again != before || before == 0 {
		t.Errorf("the same gives %d and %d", before, again)
	}
	seen := map[uint64]string{before: "nothing", given().Source(2, ""): "the edition of the platform", given().Source(1, "r"): "the revision"}
	if len(seen) != 3 {
		t.Errorf("the platform's edition and the revision count too: %v", seen)
	}
	for i := range reflect.TypeFor[Input]().NumField() {
		name := reflect.TypeFor[Input]().Field(i).Name
		change, found := changes[name]
		if !found && name != "Platform" { // it has an edition
			t.Errorf("say how %s changes, and have Source tell it", name)
			continue
		}
		if !found {
			continue
		}
		in := given()
		change(&in)
		if other, taken := seen[in.Source(1, "")]; taken {
			t.Errorf("a change of %s looks like one of %s", name, other)
		}
		seen[in.Source(1, "")] = name
	}
}
