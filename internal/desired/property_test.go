package desired

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	podsecurityapi "k8s.io/pod-security-admission/api"
	podsecurity "k8s.io/pod-security-admission/policy"
	"k8s.io/utils/ptr"
	"pgregory.net/rapid"

	"voute.dev/voute/api/v1alpha1"
	serverconfig "voute.dev/voute/server/config"
)

// anyInput draws an environment of any tenant that the API server accepts.
func anyInput(base Input) *rapid.Generator[Input] {
	return rapid.Custom(func(t *rapid.T) Input {
		in := base
		in.Platform = base.Platform.DeepCopy()
		in.Platform.Mail.CredentialsSecret = rapid.SampledFrom([]string{"", "voute-smtp"}).Draw(t, "credentials")
		in.Platform.TrustedCAs = rapid.SampledFrom([]string{"", "some PEM\n"}).Draw(t, "trusted CAs")
		in.Platform.Storage.ClassName = rapid.SampledFrom([]string{"", "standard"}).Draw(t, "platform's class")
		in.Tenant = anyTenant(base.Tenant).Draw(t, "tenant")
		in.Environment = anyEnvironment().Draw(t, "environment")
		in.Claim = anyClaim().Draw(t, "claim")
		in.Version = rapid.SampledFrom([]string{"0.1.0", "12.3.4-rc.1"}).Draw(t, "version")
		return hot(in).Draw(t, "hot")
	})
}

// hot draws anew all that may change while a server runs.
func hot(in Input) *rapid.Generator[Input] {
	return rapid.Custom(func(t *rapid.T) Input {
		least := rapid.IntRange(1, 3650).Draw(t, "min")
		in.Retention = &serverconfig.Retention{MinDays: least, DefaultDays: rapid.IntRange(least, 3650).Draw(t, "default"), MaxDays: 3650}
		in.Retention.Bucket = rapid.SampledFrom([]string{"", serverconfig.WeekBucket}).Draw(t, "bucket")
		in.Retention.ApplyShortening = rapid.SampledFrom([]string{"", serverconfig.ShortenAll}).Draw(t, "shortening")
		in.Pilots = rapid.SliceOfNDistinct(anyPilot(), 0, 4, func(p serverconfig.Pilot) string { return p.ID }).Draw(t, "pilots")
		in.OperatorKeys = rapid.SliceOfN(rapid.StringMatching(`[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=`), 0, 2).Draw(t, "keys")
		in.UploadsClosed = rapid.Bool().Draw(t, "closed")
		in.QuotaBytes = rapid.Int64Range(1, 100_000*gigabyte).Draw(t, "quota")
		in.Environment.Host = rapid.StringMatching(`[a-z]{1,20}\.example`).Draw(t, "host")
		in.Tenant = in.Tenant.DeepCopy()
		in.Tenant.Spec.Organization.NameFr = "Le " + anyText().Draw(t, "nameFr")
		in.Tenant.Spec.Organization.SupportEmail = anyAddress().Draw(t, "support")
		if logo := in.Tenant.Spec.Organization.Logo; logo != nil {
			logo.Key = rapid.StringMatching(`[-._a-zA-Z0-9]{1,20}`).Draw(t, "logo")
		}
		return in
	})
}

// anyText draws what the API server lets through: one line, no control characters.
func anyText() *rapid.Generator[string] {
	refused := regexp.MustCompile(`[\p{Cc}\p{Zl}\p{Zp}\x{FEFF}\x{FFFE}\x{FFFF}]`)
	return rapid.Map(rapid.String(), func(text string) string { return refused.ReplaceAllString(text, "") })
}

// anyAddress draws a mail address that the API server lets through.
func anyAddress() *rapid.Generator[string] {
	return rapid.StringMatching(`[A-Za-z0-9!#$%&'*+/=?^_{|}~-]{1,8}(\.[A-Za-z0-9!#$%&'*+/=?^_{|}~-]{1,8})?@[a-z0-9]([-a-z0-9]{0,8}[a-z0-9])?\.example`)
}

func anyTenant(base *v1alpha1.SharingTenant) *rapid.Generator[*v1alpha1.SharingTenant] {
	return rapid.Custom(func(t *rapid.T) *v1alpha1.SharingTenant {
		tenant := base.DeepCopy()
		tenant.Name = rapid.StringMatching(`[a-z]([-a-z0-9]{0,38}[a-z0-9])?`).Draw(t, "name")
		tenant.Namespace = rapid.StringMatching(`[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?`).Draw(t, "namespace")
		if rapid.Bool().Draw(t, "with logo") {
			tenant.Spec.Organization.Logo = &v1alpha1.ConfigMapKeyReference{Name: "branding", Key: "logo.png"}
		}
		return tenant
	})
}

func anyEnvironment() *rapid.Generator[v1alpha1.Environment] {
	return rapid.Custom(func(t *rapid.T) v1alpha1.Environment {
		environment := v1alpha1.Environment{
			Name: rapid.SampledFrom([]v1alpha1.EnvironmentName{"production", "development"}).Draw(t, "name"),
			Host: "partage.example",
			Storage: v1alpha1.Storage{
				AllocatedGB:      rapid.SampledFrom([]int64{0, 20, 35, 100_000}).Draw(t, "allocated"),
				StorageClassName: rapid.SampledFrom([]string{"", "rapide"}).Draw(t, "class"),
			},
		}
		if rapid.Bool().Draw(t, "bought") {
			environment.Certificate.SecretName = "bought"
		} else {
			environment.Certificate.IssuerRef = &v1alpha1.IssuerReference{Name: "ca", Kind: "Issuer"}
		}
		return environment
	})
}

func anyPilot() *rapid.Generator[serverconfig.Pilot] {
	return rapid.Custom(func(t *rapid.T) serverconfig.Pilot {
		id := rapid.StringMatching(`[a-z]([-a-z0-9]{0,10}[a-z0-9])?`).Draw(t, "id")
		return serverconfig.Pilot{
			ID:       id,
			Email:    id + anyAddress().Draw(t, "email"),
			Name:     anyText().Draw(t, "name"),
			Language: rapid.SampledFrom([]string{"fr", "en"}).Draw(t, "language"),
		}
	})
}

func anyClaim() *rapid.Generator[*corev1.PersistentVolumeClaim] {
	return rapid.Custom(func(t *rapid.T) *corev1.PersistentVolumeClaim {
		if rapid.Bool().Draw(t, "no claim") {
			return nil
		}
		size := *resource.NewQuantity(rapid.Int64Range(1, 1<<50).Draw(t, "size"), resource.BinarySI)
		return &corev1.PersistentVolumeClaim{Spec: corev1.PersistentVolumeClaimSpec{
			StorageClassName: ptr.To(rapid.SampledFrom([]string{"standard", "old"}).Draw(t, "class")),
			Resources:        corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: size}},
		}}
	})
}

// forAll checks a property of any environment on either platform.
func forAll(t *testing.T, property func(t *rapid.T, in Input)) {
	for _, base := range []Input{minimal(t), full(t)} {
		rapid.Check(t, func(rt *rapid.T) { property(rt, anyInput(base).Draw(rt, "input")) })
	}
}

func TestSameInputSameBytes(t *testing.T) {
	forAll(t, func(rt *rapid.T, in Input) {
		shuffled := in
		shuffled.Pilots = rapid.Permutation(in.Pilots).Draw(rt, "pilots")
		shuffled.OperatorKeys = rapid.Permutation(in.OperatorKeys).Draw(rt, "keys")
		if !bytes.Equal(text(t, in), text(t, shuffled)) {
			rt.Fatal("the order of pilots or keys changes what is written")
		}
	})
}

func TestBuildersLeaveTheInputAlone(t *testing.T) {
	forAll(t, func(rt *rapid.T, in Input) {
		tenant, platform, pilots := in.Tenant.DeepCopy(), in.Platform.DeepCopy(), slices.Clone(in.Pilots)
		keys := slices.Clone(in.OperatorKeys)
		text(t, in)
		if diff := cmp.Diff([]any{tenant, platform, pilots, keys}, []any{in.Tenant, in.Platform, in.Pilots, in.OperatorKeys}); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func TestEveryObjectIsNamedPlacedAndOwned(t *testing.T) {
	forAll(t, func(rt *rapid.T, in Input) {
		seen := map[string]bool{}
		for _, built := range objects(t, in) {
			kind := built.GetObjectKind().GroupVersionKind()
			object, err := meta.Accessor(built)
			if err != nil {
				rt.Fatal(err)
			}
			if problems := validation.IsDNS1123Label(object.GetName()); len(problems) > 0 {
				rt.Errorf("%s is named %q: %v", kind.Kind, object.GetName(), problems)
			}
			if object.GetNamespace() != in.Tenant.Namespace {
				rt.Errorf("%s is in namespace %q", kind.Kind, object.GetNamespace())
			}
			if kind.Kind == "" || kind.Version == "" || kind.Kind == "Secret" {
				rt.Errorf("an object of kind %q is built", kind)
			}
			if key := kind.Kind + object.GetName(); seen[key] {
				rt.Errorf("two objects are %s", key)
			} else {
				seen[key] = true
			}
			checkLabels(rt, in, object.GetLabels())
			checkOwner(rt, in, kind.Kind, object)
		}
	})
}

func checkLabels(t *rapid.T, in Input, labels map[string]string) {
	for key, value := range labels {
		if problems := append(validation.IsQualifiedName(key), validation.IsValidLabelValue(value)...); len(problems) > 0 {
			t.Errorf("label %s=%s: %v", key, value, problems)
		}
	}
	if labels[v1alpha1.TenantLabel] != in.Tenant.Name || labels[v1alpha1.EnvironmentLabel] != string(in.Environment.Name) {
		t.Errorf("labels %v do not name the environment", labels)
	}
}

// checkOwner: everything goes with its tenant but the volume claim.
func checkOwner(t *rapid.T, in Input, kind string, object metav1.Object) {
	owners := object.GetOwnerReferences()
	if kind == "PersistentVolumeClaim" {
		if len(owners) > 0 {
			t.Errorf("the volume claim has an owner: it would be lost with the tenant")
		}
		return
	}
	if len(owners) != 1 || owners[0].UID != in.Tenant.UID || !ptr.Deref(owners[0].Controller, false) {
		t.Errorf("%s %s has the owners %v", kind, object.GetName(), owners)
	}
}

func TestPodsAreRestricted(t *testing.T) {
	evaluator, err := podsecurity.NewEvaluator(podsecurity.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	level := podsecurityapi.LevelVersion{Level: podsecurityapi.LevelRestricted, Version: podsecurityapi.LatestVersion()}
	forAll(t, func(rt *rapid.T, in Input) {
		template := Deployment(in).Spec.Template
		result := podsecurity.AggregateCheckResults(evaluator.EvaluatePod(level, &template.ObjectMeta, &template.Spec))
		if !result.Allowed {
			rt.Fatalf("refused in a restricted namespace: %s", result.ForbiddenDetail())
		}
		container := template.Spec.Containers[0]
		if !*container.SecurityContext.ReadOnlyRootFilesystem || *template.Spec.AutomountServiceAccountToken {
			rt.Fatal("the root file system can be written, or a Kubernetes token is mounted")
		}
	})
}

func TestAPodTemplateOutlivesWhatChangesHot(t *testing.T) {
	forAll(t, func(rt *rapid.T, in Input) {
		changed := hot(in).Draw(rt, "changed")
		changed.Platform = in.Platform.DeepCopy()
		changed.Platform.TrustedCAs += "another\n"
		changed.Platform.Exposure.HTTPSPort = 9443
		changed.Platform.Mail.From = "other@example"
		changed.Platform.Vault.Address = "https://other.example"
		changed.Platform.Scanner.Address = "other.example:3311"
		if diff := cmp.Diff(Deployment(in), Deployment(changed)); diff != "" {
			rt.Fatalf("would restart the server: %s", diff)
		}
	})
}

func TestEveryMountHasItsVolume(t *testing.T) {
	forAll(t, func(rt *rapid.T, in Input) {
		spec := Deployment(in).Spec.Template.Spec
		var volumes, mounts []string
		for _, volume := range spec.Volumes {
			volumes = append(volumes, volume.Name)
		}
		for _, mount := range spec.Containers[0].VolumeMounts {
			mounts = append(mounts, mount.Name)
			if mount.SubPath != "" {
				rt.Errorf("%s is mounted by subPath: a change would not reach the server", mount.Name)
			}
		}
		if diff := cmp.Diff(volumes, mounts); diff != "" {
			rt.Error(diff)
		}
	})
}

// What the API server lets through, the sharing server takes up: its own
// reader, which knows every field and checks every value, says so.
func TestTheServerTakesTheConfigurationUp(t *testing.T) {
	forAll(t, func(rt *rapid.T, in Input) {
		configMap, err := ConfigMap(in)
		if err != nil {
			rt.Fatal(err)
		}
		taken, err := serverconfig.Parse([]byte(configMap.Data["voute.yaml"]))
		if err != nil {
			rt.Fatal(err)
		}
		want := in.serverConfig()
		taken.Scanner.Deadline, taken.Scanner.Scans, taken.Scanner.SpoolBytes, taken.Storage.MaxDocumentBytes = 0, 0, 0, 0 // the server's own defaults
		taken.Retention = undefaulted(want.Retention, taken.Retention)
		taken.Organization.NameEn = want.Organization.NameEn
		for i, pilot := range want.Pilots {
			taken.Pilots[i].Name = pilot.Name // the server fills in an empty one
		}
		if diff := cmp.Diff(normal(want), normal(*taken)); diff != "" {
			rt.Fatal(diff)
		}
		again, err := ReadConfig(configMap)
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(normal(want), normal(*again)); diff != "" {
			rt.Fatal(diff)
		}
	})
}

// undefaulted takes out what the server filled in where nothing was said.
func undefaulted(said, taken serverconfig.Retention) serverconfig.Retention {
	bare := serverconfig.Retention{DefaultDays: taken.DefaultDays, MinDays: taken.MinDays, MaxDays: taken.MaxDays}
	if said.Bucket != "" {
		bare.Bucket = taken.Bucket
	}
	if said.ApplyShortening != "" {
		bare.ApplyShortening = taken.ApplyShortening
	}
	return bare
}

// normal makes an empty list and none the same, as a file does.
func normal(config serverconfig.Config) serverconfig.Config {
	if len(config.Pilots) == 0 {
		config.Pilots = nil
	}
	if len(config.Operator.PublicKeys) == 0 {
		config.Operator.PublicKeys = nil
	}
	return config
}

func TestHashFollowsTheFileAlone(t *testing.T) {
	forAll(t, func(rt *rapid.T, in Input) {
		configMap, err := ConfigMap(in)
		if err != nil {
			rt.Fatal(err)
		}
		sum := sha256.Sum256([]byte(configMap.Data["voute.yaml"]))
		before := ConfigHash(configMap)
		configMap.Labels["other"] = "label"
		configMap.Data["trusted-ca.pem"] = "other"
		if before != hex.EncodeToString(sum[:]) || before != ConfigHash(configMap) || strings.ToLower(before) != before {
			rt.Fatalf("hash %s", before)
		}
		configMap.Data["voute.yaml"] += " "
		if before == ConfigHash(configMap) {
			rt.Fatal("another file has the same hash")
		}
	})
}

func TestAVolumeHoldsItsQuota(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		allocated := rapid.Int64Range(1, 100_000).Draw(t, "allocated")
		size := VolumeBytes(allocated)
		if size%gibibyte != 0 || size < allocated*gigabyte+gibibyte {
			t.Fatalf("a volume of %d bytes for %d GB", size, allocated)
		}
		if quota := EffectiveQuota(allocated, size); quota != allocated*gigabyte {
			t.Fatalf("the volume for %d GB holds a quota of %d bytes", allocated, quota)
		}
		smaller := rapid.Int64Range(0, size).Draw(t, "smaller")
		quota := EffectiveQuota(allocated, smaller)
		if quota < 0 || quota > allocated*gigabyte || (quota > 0 && quota+quota*overheadPercent/100+baseOverhead > smaller) {
			t.Fatalf("a volume of %d bytes is given a quota of %d", smaller, quota)
		}
	})
}

func TestAClaimIsNeverTakenBack(t *testing.T) {
	forAll(t, func(rt *rapid.T, in Input) {
		claim := PersistentVolumeClaim(in)
		size := claim.Spec.Resources.Requests[corev1.ResourceStorage]
		if size.Value() < VolumeBytes(AllocatedGB(in.Environment, in.Platform)) {
			rt.Fatalf("%s is too small", size.String())
		}
		if in.Claim == nil {
			return
		}
		if before := in.Claim.Spec.Resources.Requests[corev1.ResourceStorage]; size.Cmp(before) < 0 {
			rt.Fatalf("shrinks from %s to %s", before.String(), size.String())
		}
		if diff := cmp.Diff(in.Claim.Spec.StorageClassName, claim.Spec.StorageClassName); diff != "" {
			rt.Fatalf("changes its class: %s", diff)
		}
	})
}

// No server of one namespace can be given a key prefix under which keys of another lie.
func TestKeyPrefixesOfNamespacesNeverMeet(t *testing.T) {
	label := rapid.StringMatching(`[a-z]([-a-z0-9]{0,10}[a-z0-9])?`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := label.Draw(t, "namespace a"), label.Draw(t, "namespace b")
		if a == b {
			return
		}
		keyOfA := KeyPrefix(a, label.Draw(t, "tenant a"), v1alpha1.ProductionEnvironment) + ".2026-12-03"
		if strings.HasPrefix(keyOfA, KeyPrefix(b, label.Draw(t, "tenant b"), v1alpha1.ProductionEnvironment)+".") {
			t.Fatalf("%s is within the reach of %s", keyOfA, b)
		}
	})
}
