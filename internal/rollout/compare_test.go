package rollout_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"
	"pgregory.net/rapid"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/calendar"
	"voute.dev/voute/internal/desired"
	"voute.dev/voute/internal/rollout"
)

func toVersion(version string) func(*desired.Input) {
	return func(in *desired.Input) { in.Version, in.Image = version, image(version) }
}

func toHost(in *desired.Input) { in.Environment.Host = "fichiers.culture.example" }

func toIssuer(in *desired.Input) { in.Environment.Certificate.IssuerRef.Name = "gouv" }

func withLogo(name string) func(*desired.Input) {
	return func(in *desired.Input) {
		in.Tenant.Spec.Organization.Logo = &v1alpha1.ConfigMapKeyReference{Name: name, Key: "logo.svg"}
	}
}

// difference is one change, and what people are told of it.
type difference struct {
	change func(*desired.Input)
	class  calendar.Class
	reason string
}

// single are changes that leave one another alone.
var single = map[string]difference{
	"a fix":           {toVersion("1.4.1"), calendar.Fix, "version 1.4.0 → 1.4.1"},
	"another host":    {toHost, calendar.Maintenance, "address partage.culture.example → fichiers.culture.example"},
	"another issuer":  {toIssuer, calendar.None, "certificate ClusterIssuer voute-ca → ClusterIssuer gouv"},
	"a logo":          {withLogo("branding"), calendar.Maintenance, "logo none → branding, server: volumeMounts, volumes"},
	"mail is signed":  {func(in *desired.Input) { in.Platform.Mail.CredentialsSecret = "smtp" }, calendar.Maintenance, "mail credentials none → smtp, server: volumeMounts, volumes"},
	"Vault's name":    {func(in *desired.Input) { in.Platform.Vault.Audience = "keys" }, calendar.Maintenance, "server: volumes"},
	"more processor":  {func(in *desired.Input) { in.Platform.Server.Resources.Requests["cpu"] = resource.MustParse("2") }, calendar.Maintenance, "server: resources"},
	"more memory":     {func(in *desired.Input) { in.Platform.Server.Resources.Limits["memory"] = resource.MustParse("2Gi") }, calendar.Maintenance, "server: env, resources"},
	"other nodes":     {func(in *desired.Input) { in.Platform.Server.NodeSelector = map[string]string{"disk": "fast"} }, calendar.Maintenance, "server: nodeSelector"},
	"tainted nodes":   {func(in *desired.Input) { in.Platform.Server.Tolerations = []corev1.Toleration{{Key: "vault"}} }, calendar.Maintenance, "server: tolerations"},
	"other registry":  {func(in *desired.Input) { in.Platform.Server.ImagePullSecrets = []string{"registry"} }, calendar.Maintenance, "server: imagePullSecrets"},
	"annotations":     {func(in *desired.Input) { in.Platform.Exposure.Annotations = map[string]string{"network": "public"} }, calendar.Maintenance, "public Service: annotations"},
	"other ports":     {func(in *desired.Input) { in.Platform.Exposure.HTTPSPort = 8443 }, calendar.Maintenance, "public Service: ports"},
	"a class":         {func(in *desired.Input) { in.Platform.Exposure.LoadBalancerClass = "edge" }, calendar.Maintenance, "public Service: loadBalancerClass"},
	"ports of nodes":  {func(in *desired.Input) { in.Platform.Exposure.NodePorts = true }, calendar.Maintenance, "public Service: allocateLoadBalancerNodePorts"},
	"nothing at all":  {func(*desired.Input) {}, calendar.None, "labels"},
	"what is not run": {func(in *desired.Input) { in.Tenant.Spec.Organization.NameFr = "Culture" }, calendar.None, "labels"},
}

// combined are several at once, or such as do not go with others.
var combined = map[string]difference{
	"a release":            {toVersion("1.5.0"), calendar.Release, "version 1.4.0 → 1.5.0"},
	"the version's image":  {func(in *desired.Input) { in.Image = image("1.4.0") + "@sha256:0" }, calendar.Maintenance, "server: image"},
	"a bought certificate": {func(in *desired.Input) { in.Environment.Certificate = bought("gouv-qc-ca") }, calendar.Maintenance, "certificate ClusterIssuer voute-ca → Secret gouv-qc-ca, server: volumes"},
	"a fix and a host":     {all(toVersion("1.4.1"), toHost), calendar.Maintenance, "version 1.4.0 → 1.4.1, address partage.culture.example → fichiers.culture.example"},
	"a release and a host": {all(toVersion("1.5.0"), toHost), calendar.Release, "version 1.4.0 → 1.5.0, address partage.culture.example → fichiers.culture.example"},
	"a fix and an issuer":  {all(toVersion("1.4.1"), toIssuer), calendar.Fix, "version 1.4.0 → 1.4.1, certificate ClusterIssuer voute-ca → ClusterIssuer gouv"},
	"a release and a logo": {all(toVersion("1.5.0"), withLogo("branding")), calendar.Release, "version 1.4.0 → 1.5.0, logo none → branding, server: volumeMounts, volumes"},
}

func bought(name string) v1alpha1.CertificateSource {
	return v1alpha1.CertificateSource{SecretName: name}
}

func all(changes ...func(*desired.Input)) func(*desired.Input) {
	return func(in *desired.Input) {
		for _, change := range changes {
			change(in)
		}
	}
}

func TestCompare(t *testing.T) {
	runs := culture(t)
	cases := maps.Clone(single)
	maps.Copy(cases, combined)
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			change := compare(t, rollout.New(runs), rollout.New(changed(runs, test.change)))
			if change.Class != test.class || change.Reason != test.reason {
				t.Errorf("%s: %q; want %s: %q", change.Class, change.Reason, test.class, test.reason)
			}
		})
	}
}

func TestAnotherLogoIsTold(t *testing.T) {
	runs := changed(culture(t), withLogo("branding"))
	for name, want := range map[string]string{"armoiries": "logo branding → armoiries, server: volumes", "": "logo branding → none, server: volumeMounts, volumes"} {
		wanted := changed(runs, withLogo(name))
		if name == "" {
			wanted.Tenant.Spec.Organization.Logo = nil
		}
		if change := compare(t, rollout.New(runs), rollout.New(wanted)); change.Class != calendar.Maintenance || change.Reason != want {
			t.Errorf("%s: %q; want %q", change.Class, change.Reason, want)
		}
	}
}

// Each case changes a revision as no operator of today would render it.
func TestWhatNobodyKnowsIsMaintenance(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*rollout.Revision)
		class  calendar.Class
		reason string
	}{
		"a variable": {func(r *rollout.Revision) {
			r.Server.Spec.Template.Spec.Containers[0].Env = append(r.Server.Spec.Template.Spec.Containers[0].Env, corev1.EnvVar{Name: "A", Value: "b"})
		}, calendar.Maintenance, "server: env"},
		"a second container": {func(r *rollout.Revision) {
			r.Server.Spec.Template.Spec.Containers = append(r.Server.Spec.Template.Spec.Containers, corev1.Container{Name: "proxy"})
		}, calendar.Maintenance, "server: containers"},
		"another user": {func(r *rollout.Revision) {
			r.Server.Spec.Template.Spec.SecurityContext.RunAsUser = ptr.To[int64](1)
		}, calendar.Maintenance, "server: runAsUser"},
		"the pods' labels": {func(r *rollout.Revision) { r.Server.Spec.Template.Labels["network"] = "public" }, calendar.Maintenance, "server: labels"},
		"the selector":     {func(r *rollout.Revision) { r.Address.Spec.Selector = nil }, calendar.Maintenance, "public Service: selector"},
		"a fix, and the pods' labels": {func(r *rollout.Revision) {
			*r = *rollout.New(changed(culture(t), toVersion("1.4.1")))
			r.Server.Spec.Template.Labels["network"] = "public"
		}, calendar.Maintenance, "version 1.4.0 → 1.4.1, server: labels"},
		"labels of the Deployment": {func(r *rollout.Revision) { r.Server.Labels["team"] = "a" }, calendar.None, "labels"},
		"labels of the Service":    {func(r *rollout.Revision) { r.Address.Labels["team"] = "a" }, calendar.None, "labels"},
		"less history":             {func(r *rollout.Revision) { r.Server.Spec.RevisionHistoryLimit = nil }, calendar.None, "labels"},
	} {
		t.Run(name, func(t *testing.T) {
			wanted := rollout.New(culture(t))
			test.change(wanted)
			change := compare(t, rollout.New(culture(t)), wanted)
			if change.Class != test.class || change.Reason != test.reason {
				t.Errorf("%s: %q; want %s: %q", change.Class, change.Reason, test.class, test.reason)
			}
		})
	}
}

func TestAStepThatIsRefusedIsNoChange(t *testing.T) {
	runs, wanted := rollout.New(changed(culture(t), toVersion("1.5.0"))), rollout.New(culture(t))
	if _, err := rollout.Compare(runs, wanted, stepOf(loadPlatform(t))); err == nil || !strings.Contains(err.Error(), "1.4.0 is older than 1.5.0") {
		t.Errorf("a downgrade: %v", err)
	}
	told := errors.New("no")
	if _, err := rollout.Compare(runs, wanted, func(string, string) (calendar.Class, error) { return "", told }); !errors.Is(err, told) {
		t.Errorf("the step's error is lost: %v", err)
	}
}

func TestAStepOfNoKnownClassIsMaintenance(t *testing.T) {
	runs, wanted := rollout.New(culture(t)), rollout.New(changed(culture(t), toVersion("1.4.1")))
	for _, class := range []calendar.Class{"", "surprise", calendar.Emergency, calendar.First, calendar.Repair} {
		change, err := rollout.Compare(runs, wanted, func(string, string) (calendar.Class, error) { return class, nil })
		if err != nil || change.Class != calendar.Maintenance {
			t.Errorf("%q becomes %s, %v", class, change.Class, err)
		}
	}
}

// strictness as people would say it: what is listed later waits for longer.
var strictness = []calendar.Class{calendar.None, calendar.Fix, calendar.Maintenance, calendar.Release}

func TestACombinationIsWhatItsStrictestPartIs(t *testing.T) {
	runs := culture(t)
	step := stepOf(runs.Platform)
	names := slices.Sorted(maps.Keys(single))
	rapid.Check(t, func(t *rapid.T) {
		drawn := rapid.SliceOfDistinct(rapid.SampledFrom(names), rapid.ID[string]).Draw(t, "changes")
		wanted, strictest := changed(runs), calendar.None
		for _, name := range drawn {
			single[name].change(&wanted)
			strictest = strictness[max(slices.Index(strictness, strictest), slices.Index(strictness, single[name].class))]
		}
		change, err := rollout.Compare(rollout.New(runs), rollout.New(wanted), step)
		if err != nil || change.Class != strictest {
			t.Fatalf("%v is %s, %v; want %s", drawn, change.Class, err, strictest)
		}
		if change.MovesVersion() != slices.Contains(drawn, "a fix") || change.Reason == "" {
			t.Fatalf("%v: %+v", drawn, change)
		}
	})
}

func TestTheSameChangeHasTheSameKey(t *testing.T) {
	key := func(tenant string, change func(*desired.Input)) string {
		runs := changed(culture(t), func(in *desired.Input) { in.Tenant.Name, in.Environment.Host = tenant, tenant+".example" })
		return compare(t, rollout.New(runs), rollout.New(changed(runs, change))).Key()
	}
	for _, name := range []string{"a fix", "more memory", "mail is signed", "other ports"} {
		if a, b := key("culture", single[name].change), key("justice", single[name].change); a != b {
			t.Errorf("%s: %q is not %q", name, a, b)
		}
	}
	if a := key("culture", all(toVersion("1.4.1"), toHost)); a != rollout.VersionKey("1.4.1") {
		t.Errorf("a version with more has the key %q", a)
	}
}

func TestWhatIsLostAndWhatEnds(t *testing.T) {
	revision := rollout.New(culture(t))
	for _, change := range []rollout.Change{rollout.Unknown(revision), rollout.Removal(revision)} {
		if change.Class != calendar.Maintenance || change.MovesVersion() || change.Reason == "" {
			t.Errorf("%+v", change)
		}
	}
}
