package doctor

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	certmanagermeta "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/config"
	"voute.dev/voute/internal/platform"
	"voute.dev/voute/internal/plugin/golden"
)

var (
	now        = time.Date(2026, 11, 23, 13, 0, 0, 0, time.UTC)
	resource   = schema.GroupResource{Resource: "things"}
	missing    = apierrors.NewNotFound(resource, "thing")
	forbidden  = apierrors.NewForbidden(resource, "thing", errors.New("no right"))
	errSilent  = errors.New("connection refused")
	errNoRole  = errors.New(`invalid role name "x"`)
	errRefused = errors.New("permission denied")
)

// healthy are the facts of a cluster in which all is as it should be, and Vault was
// asked with a token.
func healthy(t *testing.T) Facts {
	t.Helper()
	f := Facts{Now: now, Namespace: "voute-system", Version: "0.1.0", Source: "ConfigMap voute-system/voute-platform"}
	f.Kubernetes.Value = "v1.36.3"
	f.CertManagerKinds = map[string]Seen[Object]{"certificates.cert-manager.io": {Value: Object{"metadata": map[string]any{"labels": map[string]any{"app.kubernetes.io/version": "v1.21.2"}}}}}
	renewed := metav1.NewMicroTime(now.Add(-20 * time.Second))
	f.CertManagerLease.Value = &coordinationv1.Lease{Spec: coordinationv1.LeaseSpec{RenewTime: &renewed}}
	kind := Object{"spec": map[string]any{"scope": "Namespaced", "versions": []any{map[string]any{"name": "v1alpha1"}}}}
	f.Installed = []Installed{{Kind: "CustomResourceDefinition", Name: "pilots.sharing.voute.dev", Want: kind, Live: Seen[Object]{Value: kind}}}
	f.Operator.Value = &appsv1.Deployment{Status: appsv1.DeploymentStatus{AvailableReplicas: 1}}
	f.Operator.Value.Spec.Template.Spec.Containers = []corev1.Container{{Image: "registry.example:5000/voute-operator:0.1.0@sha256:0"}}
	file, err := os.ReadFile("../../../config/default/platform.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if f.Platform.Value, err = platform.Load(file); err != nil {
		t.Fatal(err)
	}
	f.Tenants.Value = []v1alpha1.SharingTenant{tenantWith(metav1.ConditionTrue)}
	f.Classes.Value = []storagev1.StorageClass{{
		ObjectMeta:           metav1.ObjectMeta{Name: "keeping", Annotations: map[string]string{defaultClass: "true"}},
		AllowVolumeExpansion: ptr.To(true), ReclaimPolicy: ptr.To(corev1.PersistentVolumeReclaimRetain),
	}}
	f.Vault = healthyVault(t)
	f.Scanner = healthyScanner()
	f.Mail.Address = "smtp.mail.svc:587"
	return f
}

func tenantWith(keys metav1.ConditionStatus) v1alpha1.SharingTenant {
	tenant := v1alpha1.SharingTenant{ObjectMeta: metav1.ObjectMeta{Namespace: "justice", Name: "justice"}}
	tenant.Status.Conditions = []metav1.Condition{{Type: v1alpha1.KeysReadyCondition, Status: keys}}
	return tenant
}

func healthyVault(t *testing.T) Vault {
	t.Helper()
	v := Vault{NoRole: errNoRole, SignIn: map[string]error{"voute-operator": errRefused, "voute-server": errRefused}}
	v.Address = "https://vault.vault.svc:8200"
	v.Health.Value = Health{Initialized: true, Version: "1.21.0"}
	s := &Settings{Accessors: map[string]string{"kubernetes": "auth_kubernetes_1"}, Policies: map[string]Seen[string]{}, Roles: map[string]Seen[Object]{}}
	s.Mounts.Value, s.SignIns.Value = map[string]string{"transit": "transit"}, map[string]string{"kubernetes": "kubernetes"}
	for _, name := range []string{"operator", "server"} {
		policy, err := fs.ReadFile(config.Files, "vault/"+name+".hcl")
		if err != nil {
			t.Fatal(err)
		}
		s.Policies["voute-"+name] = Seen[string]{Value: strings.ReplaceAll(string(policy), "ACCESSOR", "auth_kubernetes_1")}
		content, err := fs.ReadFile(config.Files, "vault/role-"+name+".json")
		if err != nil {
			t.Fatal(err)
		}
		role := Object{}
		if err := yaml.Unmarshal(content, &role); err != nil {
			t.Fatal(err)
		}
		role["token_ttl"], role["token_max_ttl"] = 1200, 1200 // as Vault shows 20m
		s.Roles["voute-"+name] = Seen[Object]{Value: role}
	}
	v.Settings = s
	return v
}

const clamdFile = `
LocalSocket /run/clamav/clamd.sock
TemporaryDirectory /spool/parts
AlertExceedsMax yes
StreamMaxLength 2147483647
MaxFileSize 2000M
MaxScanSize 8G
MaxScanTime 0
`

func healthyScanner() Scanner {
	s := Scanner{IssuerName: "voute-scan-clients", Service: &Seen[*corev1.Service]{}}
	s.Address = "clamd.scanning.svc:3311"
	s.Issuer.Value = &certmanagerv1.ClusterIssuer{Status: certmanagerv1.IssuerStatus{Conditions: []certmanagerv1.IssuerCondition{{Type: "Ready", Status: certmanagermeta.ConditionTrue}}}}
	pod := corev1.PodTemplateSpec{}
	pod.Spec.Containers = []corev1.Container{{VolumeMounts: []corev1.VolumeMount{{Name: "disk", MountPath: "/"}, {Name: "spool", MountPath: "/spool/"}}}}
	pod.Spec.Volumes = []corev1.Volume{{Name: "disk"}, {Name: "spool", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{Medium: corev1.StorageMediumMemory}}}}
	s.Pods.Value = []corev1.PodTemplateSpec{pod}
	s.Files = map[string]Seen[*corev1.ConfigMap]{
		"other": {Value: &corev1.ConfigMap{Data: map[string]string{"freshclam.conf": "DatabaseMirror x"}}},
		"clamd": {Value: &corev1.ConfigMap{Data: map[string]string{"clamd.conf": clamdFile}}},
	}
	return s
}

// before are the facts of a cluster in which nothing of Voûte is.
func before(t *testing.T) Facts {
	t.Helper()
	f := healthy(t)
	f.Installed[0].Live = Seen[Object]{Err: missing}
	f.Operator = Seen[*appsv1.Deployment]{Err: missing}
	f.Platform.Value, f.Platform.Err = nil, missing
	f.Tenants.Err = missing
	return f
}

func TestPages(t *testing.T) {
	golden.Compare(t, "healthy.txt", Page(Examine(healthy(t))))
	golden.Compare(t, "before.txt", Page(Examine(before(t))))
	if Failed(Examine(healthy(t))) || Failed(Examine(before(t))) {
		t.Error("neither is a failure")
	}
}

// TestChecks spoils one fact at a time, and wants one finding that says so.
func TestChecks(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(*Facts)
		level Level
		check string
		says  string
	}{
		"old Kubernetes":      {func(f *Facts) { f.Kubernetes.Value = "v1.33.9" }, Fail, "kubernetes", "Kubernetes v1.33.9 runs, and 1.34 or newer is needed."},
		"a vendor's":          {func(f *Facts) { f.Kubernetes.Value = "v1.34.1-gke.5+x" }, OK, "kubernetes", "Kubernetes v1.34.1-gke.5+x runs."},
		"no version":          {func(f *Facts) { f.Kubernetes.Value = "latest" }, Warn, "kubernetes", `Kubernetes calls itself "latest"`},
		"no cluster":          {func(f *Facts) { f.Kubernetes.Err = errSilent }, Fail, "kubernetes", "The cluster does not say which Kubernetes it is: connection refused."},
		"no cert-manager":     {func(f *Facts) { f.CertManagerKinds["certificates.cert-manager.io"] = Seen[Object]{Err: missing} }, Fail, "cert-manager", "kinds certificates.cert-manager.io are not there"},
		"old cert-manager":    {func(f *Facts) { f.CertManagerKinds = kindsOf("v1.18.0") }, Fail, "cert-manager", "cert-manager 1.18.0 runs, and 1.19 or newer is needed."},
		"without its version": {func(f *Facts) { f.CertManagerKinds = kindsOf("") }, OK, "cert-manager", "cert-manager's kinds are there."},
		"kinds are secret":    {func(f *Facts) { f.CertManagerKinds["certificates.cert-manager.io"] = Seen[Object]{Err: forbidden} }, Warn, "cert-manager", "You may not look at cert-manager's kinds."},
		"it does not run":     {func(f *Facts) { f.Now = now.Add(time.Hour) }, Fail, "cert-manager", "has not renewed its Lease since 2026-11-23T12:59:40Z"},
		"it never ran":        {func(f *Facts) { f.CertManagerLease.Value.Spec.RenewTime = nil }, Fail, "cert-manager", "has never renewed"},
		"no lease":            {func(f *Facts) { f.CertManagerLease.Err = missing }, Warn, "cert-manager", "is not known"},

		"a kind is gone":     {func(f *Facts) { f.Installed[0].Live.Err = missing }, Fail, "kinds and admission", "CustomResourceDefinition pilots.sharing.voute.dev is not there."},
		"a kind of another":  {func(f *Facts) { f.Installed[0].Live.Value = Object{"spec": map[string]any{"scope": "Cluster"}} }, Fail, "kinds and admission", "is not that of version 0.1.0: spec.scope differs."},
		"more than asked":    {func(f *Facts) { f.Installed[0].Live.Value["status"] = "x" }, OK, "kinds and admission", "1 kinds and admission policies are those of version 0.1.0."},
		"kinds not readable": {func(f *Facts) { f.Installed[0].Live.Err = forbidden }, Warn, "kinds and admission", "You may not look at"},

		"operator gone":    {func(f *Facts) { f.Operator = Seen[*appsv1.Deployment]{Err: missing} }, Fail, "operator", "There is no Deployment voute-operator in namespace voute-system"},
		"operator down":    {func(f *Facts) { f.Operator.Value.Status.AvailableReplicas = 0 }, Fail, "operator", "The operator does not run."},
		"another operator": {func(f *Facts) { f.Version = "0.2.0" }, Warn, "operator", "The operator's image is of version 0.1.0, this plugin of 0.2.0."},
		"operator unseen":  {func(f *Facts) { f.Operator.Err = forbidden }, Warn, "operator", "You may not look at the operator's Deployment."},

		"file refused": {func(f *Facts) { f.Platform.Err = errors.New("line 3: no") }, Fail, "platform configuration", "ConfigMap voute-system/voute-platform is refused: line 3: no."},
		"file gone":    {func(f *Facts) { f.Platform.Err = missing }, Fail, "platform configuration", "is not there"},
		"file unseen":  {func(f *Facts) { f.Platform.Err = forbidden }, Warn, "platform configuration", "You may not look at ConfigMap voute-system/voute-platform."},
		"a test's":     {func(f *Facts) { f.Platform.Value.TestClock.Time = "2026-11-24T14:00:00-05:00" }, Warn, "platform configuration", "moves the operator's time"},

		"no class":      {func(f *Facts) { f.Platform.Value.Storage.ClassName = "absent" }, Fail, "storage", "There is no storage class absent, storage.className of the platform configuration."},
		"no default":    {func(f *Facts) { f.Classes.Value[0].Annotations = nil }, Fail, "storage", "the cluster has no default one"},
		"does not grow": {func(f *Facts) { f.Classes.Value[0].AllowVolumeExpansion = nil }, Warn, "storage", "does not grow (allowVolumeExpansion)."},
		"deletes":       {func(f *Facts) { f.Classes.Value[0].ReclaimPolicy = nil }, Warn, "storage", "does not keep volumes whose claims are gone (reclaimPolicy)."},
		"a tenant's own": {func(f *Facts) {
			f.Tenants.Value[0].Spec.Environments = []v1alpha1.Environment{{Storage: v1alpha1.Storage{StorageClassName: "rapide"}}}
		}, Fail, "storage", "There is no storage class rapide, which a tenant names."},
		"classes unseen": {func(f *Facts) { f.Classes.Err = forbidden }, Warn, "storage", "You may not look at storage classes."},

		"Vault silent":         {func(f *Facts) { f.Vault.Err = errSilent }, Fail, "vault", "Vault at https://vault.vault.svc:8200 cannot be reached from here: connection refused."},
		"Vault inside":         {func(f *Facts) { f.Vault.Err, f.Vault.Inside = errSilent, true }, Warn, "vault", "is inside the cluster, and cannot be reached from here"},
		"not Vault":            {func(f *Facts) { f.Vault.Health.Err = errSilent }, Fail, "vault", "does not say how it is"},
		"not initialised":      {func(f *Facts) { f.Vault.Health.Value.Initialized = false }, Fail, "vault", "is not initialised"},
		"sealed":               {func(f *Facts) { f.Vault.Health.Value.Sealed = true }, Fail, "vault", "is sealed"},
		"old Vault":            {func(f *Facts) { f.Vault.Health.Value.Version = "1.14.2+ent" }, Fail, "vault", "Vault 1.14.2+ent runs, and 1.15 or newer is needed."},
		"no sign-in":           {func(f *Facts) { f.Vault.NoRole = errRefused }, Fail, "vault", "Vault has no Kubernetes sign-in at auth/kubernetes."},
		"no role":              {func(f *Facts) { f.Vault.SignIn["voute-server"] = errNoRole }, Fail, "vault", "Vault has no role voute-server at auth/kubernetes."},
		"no keys":              {func(f *Facts) { f.Tenants.Value[0] = tenantWith(metav1.ConditionFalse) }, Fail, "vault", "KeysReady is True with no tenant."},
		"some have no keys":    {func(f *Facts) { f.Tenants.Value = append(f.Tenants.Value, tenantWith(metav1.ConditionFalse)) }, Warn, "vault", "KeysReady is not True with justice/justice."},
		"no token":             {func(f *Facts) { f.Vault.Settings = nil }, Warn, "vault settings", "are not looked at without a token"},
		"mounts unseen":        {func(f *Facts) { f.Vault.Settings.Mounts = Seen[map[string]string]{Err: errRefused} }, Warn, "vault settings", "What Vault has mounted cannot be read: permission denied."},
		"policy unseen":        {func(f *Facts) { f.Vault.Settings.Policies["voute-server"] = Seen[string]{Err: errRefused} }, Warn, "vault settings", "Vault's policy voute-server cannot be read"},
		"role unseen":          {func(f *Facts) { f.Vault.Settings.Roles["voute-server"] = Seen[Object]{Err: errRefused} }, Warn, "vault settings", "Vault's role voute-server cannot be read"},
		"role gone":            {func(f *Facts) { delete(f.Vault.Settings.Roles, "voute-server") }, Fail, "vault settings", "Vault has no role voute-server."},
		"another accessor":     {func(f *Facts) { f.Vault.Settings.Accessors["kubernetes"] = "auth_kubernetes_2" }, Fail, "vault settings", "Vault's policy voute-server is not that of version 0.1.0"},
		"another namespace":    {func(f *Facts) { f.Namespace = "elsewhere" }, Fail, "vault settings", "Vault's role voute-operator is not as it should be: bound_service_account_namespaces[0] differs."},
		"another audience":     {func(f *Facts) { f.Platform.Value.Vault.Audience = "coffre" }, Fail, "vault settings", "Vault's role voute-server is not as it should be: audience differs."},
		"policy less a little": {func(f *Facts) { cut(f.Vault.Settings, `"read", `) }, Fail, "vault settings", "Vault's policy voute-operator is not that of version 0.1.0"},

		"no issuer":        {func(f *Facts) { f.Scanner.Issuer.Err = missing }, Fail, "scanner", "There is no ClusterIssuer voute-scan-clients"},
		"issuer not ready": {func(f *Facts) { f.Scanner.Issuer.Value.Status.Conditions = nil }, Fail, "scanner", "is not ready"},
		"issuer unseen":    {func(f *Facts) { f.Scanner.Issuer.Err = forbidden }, Warn, "scanner", "You may not look at the ClusterIssuer"},
		"gateway silent":   {func(f *Facts) { f.Scanner.Err = errSilent }, Fail, "scanner", "The scan gateway at clamd.scanning.svc:3311 cannot be reached"},
		"gateway inside":   {func(f *Facts) { f.Scanner.Err, f.Scanner.Inside = errSilent, true }, Warn, "scanner", "is inside the cluster"},
		"gateway outside":  {func(f *Facts) { f.Scanner.Service = nil }, Warn, "scanner", "names no Service of this cluster"},
		"no service":       {func(f *Facts) { f.Scanner.Service.Err = missing }, Fail, "scanner", "The Service that clamd.scanning.svc:3311 names is not there."},
		"service unseen":   {func(f *Facts) { f.Scanner.Service.Err = forbidden }, Warn, "scanner", "You may not look at the Service"},
		"pods unseen":      {func(f *Facts) { f.Scanner.Pods.Err = forbidden }, Warn, "scanner", "You may not look at what runs behind"},
		"no pods":          {func(f *Facts) { f.Scanner.Pods.Value = nil }, Warn, "scanner", "no Deployment or StatefulSet"},
		"no file":          {func(f *Facts) { delete(f.Scanner.Files, "clamd") }, Warn, "scanner", "no ConfigMap of the pods"},
		"file not read":    {func(f *Facts) { f.Scanner.Files["clamd"] = Seen[*corev1.ConfigMap]{Err: forbidden} }, Warn, "scanner", "You may not look at ConfigMap clamd, which clamd mounts."},
		"small documents":  {clamdWith("MaxFileSize 2000M", "MaxFileSize 100M"), Fail, "scanner", `MaxFileSize is "100M", and at least 2000M is needed`},
		"no limit said":    {clamdWith("StreamMaxLength 2147483647", ""), Fail, "scanner", `StreamMaxLength is "", and at least 2000M is needed`},
		"without a limit":  {clamdWith("MaxScanSize 8G", "MaxScanSize 0"), OK, "scanner", "clamd's limits hold the largest document."},
		"called clean":     {clamdWith("AlertExceedsMax yes", "AlertExceedsMax no"), Fail, "scanner", `AlertExceedsMax is "no", and yes is needed`},
		"spool on disk":    {clamdWith("/spool/parts", "/var/tmp"), Fail, "scanner", "clamd's spool /var/tmp is on volume disk, which is not in memory."},
		"spool not said":   {clamdWith("TemporaryDirectory /spool/parts", ""), Fail, "scanner", "TemporaryDirectory is not set"},
		"spool like it":    {clamdWith("/spool/parts", "/spoolother"), Fail, "scanner", "is on volume disk"},

		"relay silent": {func(f *Facts) { f.Mail.Err = errSilent }, Fail, "mail", "The mail relay at smtp.mail.svc:587 cannot be reached from here"},
		"relay inside": {func(f *Facts) { f.Mail.Err, f.Mail.Inside = errSilent, true }, Warn, "mail", "is inside the cluster"},
		"in clear":     {func(f *Facts) { f.Platform.Value.Mail.Security = "none" }, Warn, "mail", "nothing is encrypted"},
	} {
		t.Run(name, func(t *testing.T) {
			facts := healthy(t)
			test.spoil(&facts)
			wantFinding(t, Examine(facts), test.check, test.level, test.says)
		})
	}
}

// wantFinding wants one, and that nothing is a failure or a warning without a next step.
func wantFinding(t *testing.T, findings []Finding, check string, level Level, says string) {
	t.Helper()
	found := false
	for _, f := range findings {
		found = found || f.Check == check && f.Level == level && strings.Contains(f.Says, says)
		if (f.Level == OK) != (f.Next == "") {
			t.Errorf("%s, %s: next step is %q", f.Level, f.Says, f.Next)
		}
	}
	if !found {
		t.Errorf("no %s %s %q in\n%s", check, level, says, Page(findings))
	}
}

func kindsOf(version string) map[string]Seen[Object] {
	return map[string]Seen[Object]{"certificates.cert-manager.io": {Value: Object{"metadata": map[string]any{"labels": map[string]any{"app.kubernetes.io/version": version}}}}}
}

func cut(s *Settings, text string) {
	s.Policies["voute-operator"] = Seen[string]{Value: strings.Replace(s.Policies["voute-operator"].Value, text, "", 1)}
}

func clamdWith(old, replaced string) func(*Facts) {
	return func(f *Facts) {
		f.Scanner.Files["clamd"].Value.Data["clamd.conf"] = strings.Replace(clamdFile, old, replaced, 1)
	}
}

// TestOtherMounts: a platform whose mounts have other names has other policies.
func TestOtherMounts(t *testing.T) {
	f := healthy(t)
	f.Platform.Value.Vault.TransitPath, f.Platform.Value.Vault.AuthPath = "voute", "cluster-1"
	s := f.Vault.Settings
	s.Mounts.Value, s.SignIns.Value = map[string]string{"voute": "transit"}, map[string]string{"cluster-1": "kubernetes"}
	s.Accessors = map[string]string{"cluster-1": "auth_kubernetes_1"}
	for name, policy := range s.Policies {
		s.Policies[name] = Seen[string]{Value: "\n# our own\n" + strings.ReplaceAll(policy.Value, `"transit/`, `"voute/`)}
	}
	if findings := Examine(f); Failed(findings) {
		t.Errorf("%s", Page(findings))
	}
}

func TestDiffers(t *testing.T) {
	for _, test := range []struct{ want, live, where string }{
		{`{}`, `{"a": 1}`, ""},
		{`{"a": {"b": [1, 2]}}`, `{"a": {"b": [1, 2], "c": 3}}`, ""},
		{`{"a": {"b": [1, 2]}}`, `{"a": {"b": [1, 3]}}`, "a.b[1]"},
		{`{"a": {"b": [1, 2]}}`, `{"a": {"b": [1, 2, 3]}}`, "a.b"},
		{`{"a": {"b": 1}}`, `{"a": "x"}`, "a"},
		{`{"a": {}}`, `{}`, ""},
		{`{"a": [{"b": "x"}]}`, `{"a": [{"b": "x", "default": true}]}`, ""},
		{`{"a": [1]}`, `{"a": {}}`, "a"},
		{`{"a": true}`, `{}`, "a"},
	} {
		var want, live any
		if err := yaml.Unmarshal([]byte(test.want), &want); err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal([]byte(test.live), &live); err != nil {
			t.Fatal(err)
		}
		if got := differs(want, live, ""); got != test.where {
			t.Errorf("%s of %s: %q; want %q", test.want, test.live, got, test.where)
		}
	}
}
