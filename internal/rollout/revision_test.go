package rollout_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"
	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/calendar"
	"voute.dev/voute/internal/desired"
	"voute.dev/voute/internal/rollout"
	serverconfig "voute.dev/voute/server/config"
)

func object(t testing.TB, in desired.Input) *appsv1.ControllerRevision {
	t.Helper()
	kept, err := rollout.New(in).Object(in)
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

// full asks for all that a revision can hold.
func full(t testing.TB) desired.Input {
	in := culture(t)
	for name, each := range single {
		if name != "a fix" {
			in = changed(in, each.change)
		}
	}
	return in
}

// asStored is what comes back from an API server, which keeps no order.
func asStored(t testing.TB, kept *appsv1.ControllerRevision) *appsv1.ControllerRevision {
	t.Helper()
	var plain any
	text, err := json.Marshal(kept)
	if err == nil {
		err = json.Unmarshal(text, &plain)
	}
	if err == nil {
		text, err = json.MarshalIndent(plain, "", "  ")
	}
	stored := &appsv1.ControllerRevision{}
	if err == nil {
		err = json.Unmarshal(text, stored)
	}
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

func TestARevisionIsReadAsItWasKept(t *testing.T) {
	for name, in := range map[string]desired.Input{"minimal": culture(t), "full": full(t)} {
		t.Run(name, func(t *testing.T) {
			kept := object(t, in)
			read, err := rollout.Read(asStored(t, kept))
			if err != nil {
				t.Fatal(err)
			}
			if change := compare(t, read, rollout.New(in)); change.Class != calendar.None || change.Reason != "labels" {
				t.Errorf("what is read differs: %+v", change)
			}
			again, err := read.Object(in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(kept, again); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What an operator has kept the next one reads, or every client's server would be
// replaced: the file is from the first operator that kept revisions, and stays.
func TestARevisionOfTheFirstOperatorIsRead(t *testing.T) {
	text, err := os.ReadFile("testdata/first.yaml")
	if err != nil {
		t.Fatal(err)
	}
	kept := &appsv1.ControllerRevision{}
	if err := yaml.UnmarshalStrict(text, kept); err != nil {
		t.Fatal(err)
	}
	read, err := rollout.Read(kept)
	if err != nil {
		t.Fatal(err)
	}
	if read.Version != "1.4.0" || read.Host != "fichiers.culture.example" || read.Logo != "branding" || read.MailCredentials != "smtp" {
		t.Errorf("it holds %+v", read)
	}
}

func TestARevisionThatWasTamperedWithIsRefused(t *testing.T) {
	kept := object(t, full(t))
	var content any
	if err := json.Unmarshal(kept.Data.Raw, &content); err != nil {
		t.Fatal(err)
	}
	count := 0
	everyTampering(content, func(tampered func() any) {
		count++
		text, err := json.Marshal(tampered())
		if err != nil {
			t.Fatal(err)
		}
		other := kept.DeepCopy()
		other.Data.Raw = text
		if _, err := rollout.Read(other); err == nil {
			t.Errorf("taken: %s", text)
		}
	})
	if count < 80 {
		t.Errorf("only %d values are found", count)
	}
}

// everyTampering visits every value of a document; the function that it hands on
// gives the whole with that one altered.
func everyTampering(value any, visit func(tampered func() any)) {
	switch within := value.(type) {
	case map[string]any:
		for key, inner := range within {
			everyTampering(inner, func(tampered func() any) {
				visit(func() any {
					altered := maps.Clone(within)
					altered[key] = tampered()
					return altered
				})
			})
		}
	case []any:
		for i, inner := range within {
			everyTampering(inner, func(tampered func() any) {
				visit(func() any {
					altered := append([]any{}, within...)
					altered[i] = tampered()
					return altered
				})
			})
		}
	case string:
		visit(func() any { return within + "0" })
	case float64:
		visit(func() any { return within + 1 })
	case bool:
		visit(func() any { return !within })
	}
}

func TestARevisionUnderAnotherNameIsRefused(t *testing.T) {
	for name, change := range map[string]func(*appsv1.ControllerRevision){
		"another's name": func(r *appsv1.ControllerRevision) { r.Name = object(t, full(t)).Name },
		"a short name":   func(r *appsv1.ControllerRevision) { r.Name = r.Name[len(r.Name)-10:] },
		"no name":        func(r *appsv1.ControllerRevision) { r.Name = "" },
		"no content":     func(r *appsv1.ControllerRevision) { r.Data.Raw = nil },
		"no JSON":        func(r *appsv1.ControllerRevision) { r.Data.Raw = []byte("{") },
		"a list":         func(r *appsv1.ControllerRevision) { r.Data.Raw = []byte("[]") },
		"half of it":     func(r *appsv1.ControllerRevision) { r.Data.Raw = r.Data.Raw[:len(r.Data.Raw)/2] },
	} {
		t.Run(name, func(t *testing.T) {
			kept := object(t, culture(t))
			change(kept)
			if _, err := rollout.Read(kept); err == nil || !strings.Contains(err.Error(), "ControllerRevision culture/") {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestEveryDifferenceHasAnotherName(t *testing.T) {
	seen := map[string]string{}
	for name, each := range single {
		if name == "what is not run" {
			continue
		}
		kept := object(t, changed(culture(t), each.change)).Name
		if other, found := seen[kept]; found {
			t.Errorf("%s and %s are both %s", name, other, kept)
		}
		seen[kept] = name
	}
}

// A revision follows from what is rendered and from nothing else: an operator of
// another version, which renders the same, gives it the same name, and so does
// one that knows other pilots.
func TestTheSameServerHasTheSameName(t *testing.T) {
	in := full(t)
	name := object(t, in).Name
	rapid.Check(t, func(t *rapid.T) {
		other := changed(in)
		other.Tenant.UID = types.UID(rapid.StringMatching(`[0-9a-f]{8}`).Draw(t, "uid"))
		other.Tenant.Generation = rapid.Int64().Draw(t, "generation")
		other.Tenant.Spec.Organization.NameFr = rapid.String().Draw(t, "name")
		other.Tenant.Spec.Organization.Logo.Key = rapid.StringMatching(`[a-z]{1,9}\.svg`).Draw(t, "logo")
		other.Environment.Storage.AllocatedGB = rapid.Int64Range(20, 1000).Draw(t, "allocated")
		other.Retention = &serverconfig.Retention{MinDays: rapid.IntRange(1, 90).Draw(t, "days")}
		other.Pilots = []serverconfig.Pilot{{ID: rapid.StringMatching(`[a-z]{1,9}`).Draw(t, "pilot")}}
		other.OperatorKeys = []string{rapid.StringMatching(`[A-Za-z0-9+/]{43}=`).Draw(t, "key")}
		other.OperatorNamespace = rapid.StringMatching(`[a-z]{1,9}`).Draw(t, "operator")
		other.UploadsClosed, other.QuotaBytes = rapid.Bool().Draw(t, "closed"), rapid.Int64().Draw(t, "quota")
		other.Mounted = &desired.Mounted{Logo: rapid.Bool().Draw(t, "mounted")}
		kept, err := rollout.New(other).Object(other)
		if err != nil || kept.Name != name {
			t.Fatalf("%s, %v; want %s", kept.Name, err, name)
		}
	})
}

func TestNewLeavesTheInputAlone(t *testing.T) {
	in := full(t)
	before := changed(in)
	runs := rollout.New(in)
	compare(t, runs, rollout.New(changed(in, toHost, toVersion("1.4.1"))))
	runs.Deployment(in, "r").Spec.Template.Spec.NodeSelector["disk"] = "slow"
	runs.PublicService(in).Annotations["network"] = "none"
	if diff := cmp.Diff(before, in); diff != "" {
		t.Error(diff)
	}
}

func TestTheLongestNamesFit(t *testing.T) {
	for _, environment := range []v1alpha1.EnvironmentName{v1alpha1.ProductionEnvironment, v1alpha1.DevelopmentEnvironment} {
		kept := object(t, changed(culture(t), func(in *desired.Input) {
			in.Tenant.Name, in.Environment.Name = strings.Repeat("a", 40), environment
		}))
		problems := append(validation.IsDNS1123Label(kept.Name), validation.IsValidLabelValue(kept.Name)...)
		if len(problems) > 0 {
			t.Errorf("%s, of %d characters: %v", kept.Name, len(kept.Name), problems)
		}
	}
}

// What follows the tenant's name could be another tenant's, and is not.
func TestNamesOfEnvironmentsNeverMeet(t *testing.T) {
	base := culture(t)
	tenant := rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "production", "development", "0123456789"}), 1, 3),
		func(words []string) string { return strings.Join(words, "-") })
	environment := rapid.SampledFrom([]v1alpha1.EnvironmentName{v1alpha1.ProductionEnvironment, v1alpha1.DevelopmentEnvironment})
	rapid.Check(t, func(t *rapid.T) {
		seen := map[string]string{}
		for i := range 6 {
			in := changed(base)
			in.Tenant.Name = tenant.Draw(t, fmt.Sprintf("tenant %d", i))
			in.Environment.Name = environment.Draw(t, fmt.Sprintf("environment %d", i))
			kept, err := rollout.New(in).Object(in)
			if err != nil {
				t.Fatal(err)
			}
			place := in.Tenant.Name + "/" + string(in.Environment.Name)
			stem := kept.Name[:strings.LastIndex(kept.Name, "-")]
			if other, found := seen[stem]; found && other != place {
				t.Fatalf("%s and %s both have revisions called %s-…", place, other, stem)
			}
			seen[stem] = place
		}
	})
}

// What runs is put back under the names and the owner of now.
func TestARevisionIsStampedAnew(t *testing.T) {
	before := full(t)
	runs, err := rollout.Read(asStored(t, object(t, before)))
	if err != nil {
		t.Fatal(err)
	}
	now := changed(culture(t), toVersion("1.5.0"), func(in *desired.Input) { in.Tenant.UID = "00000000-0000-0000-0000-000000000009" })
	server, address := runs.Deployment(now, "culture-production-0123456789"), runs.PublicService(now)
	wantServer, wantAddress := desired.Deployment(now), desired.PublicService(now)
	wantServer.Labels = maps.Clone(desired.Deployment(before).Labels)
	wantServer.Labels[v1alpha1.RevisionLabel] = "culture-production-0123456789"
	wantServer.Spec, wantAddress.Spec = desired.Deployment(before).Spec, desired.PublicService(before).Spec
	wantAddress.Labels, wantAddress.Annotations = desired.PublicService(before).Labels, desired.PublicService(before).Annotations
	if diff := cmp.Diff(asText(t, wantServer, wantAddress), asText(t, server, address)); diff != "" {
		t.Error(diff)
	}
	server.Spec.Template.Labels["a"], address.Spec.Selector["a"], address.Labels["a"], server.Labels["a"] = "b", "b", "b", "b"
	if change := compare(t, runs, rollout.New(before)); change.Reason != "labels" || runs.Server.Labels["a"]+runs.Address.Labels["a"] != "" {
		t.Errorf("what was made of a revision changes it: %+v", change)
	}
}

func asText(t testing.TB, objects ...any) string {
	t.Helper()
	var text bytes.Buffer
	for _, each := range objects {
		one, err := yaml.Marshal(each)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(one)
	}
	return text.String()
}

func TestARevisionWithoutLabelsIsStampedToo(t *testing.T) {
	server := (&rollout.Revision{}).Deployment(culture(t), "r")
	if diff := cmp.Diff(map[string]string{v1alpha1.RevisionLabel: "r"}, server.Labels); diff != "" {
		t.Error(diff)
	}
}
