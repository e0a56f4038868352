package platform

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
)

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func load(t *testing.T, text string) *configv1.PlatformConfiguration {
	t.Helper()
	cfg, err := Load([]byte(text))
	if err != nil {
		t.Fatalf("a good file is refused: %v", err)
	}
	return cfg
}

func TestEveryFieldIsRead(t *testing.T) {
	cfg := load(t, read(t, "platform.yaml"))
	got := []any{
		cfg.Server.Images[1].Image, cfg.Server.NodeSelector["example.gouv.qc.ca/zone"], cfg.Server.Tolerations[0].Key,
		cfg.Server.ImagePullSecrets[0], cfg.Server.Resources.Limits.Memory().String(),
		cfg.Exposure.Annotations["example.gouv.qc.ca/network"], cfg.Exposure.LoadBalancerClass, cfg.Exposure.HTTPSPort,
		cfg.Mail.CredentialsSecret, cfg.Storage.ClassName, cfg.Storage.DevelopmentGB, cfg.Hosts.AllowedSuffixes[1],
		cfg.Server.Images[1].Kind, cfg.Server.Images[1].From[0],
		cfg.Calendar.MaintenanceWindows[0].To, cfg.Calendar.BusinessHours[0].Days[1], cfg.Calendar.Holidays.Added[0], cfg.Calendar.Holidays.Removed[0], cfg.Calendar.Freezes[0].To,
		cfg.Rollout.Slots, *cfg.Rollout.CanaryPercent, cfg.Rollout.HaltAfter, cfg.Rollout.DeadlineMinutes,
		*cfg.Rollout.ExpectedMinutes, *cfg.Rollout.HealthyMinutes, *cfg.Rollout.NoticeDays, *cfg.Rollout.AnnounceHours,
		cfg.Rollout.Halted[0].Version, cfg.Rollout.Halted[0].Reason, cfg.Retention.KeyWaitDays,
	}
	want := []any{
		"registry.example/voute-server:0.2.0-rc.1", "vault", "vault", "registry", "1Gi",
		"public", "example.gouv.qc.ca/edge", int32(8443), "voute-smtp", "voute-local", int64(3), "example.org",
		"release", "0.1.0",
		"02:00", v1alpha1.Weekday("Friday"), "2026-12-28", "2026-12-26", "2027-01-05",
		int32(50), int32(5), int32(3), int32(20),
		int32(5), int32(60), int32(14), int32(48),
		"0.2.0-rc.1", "uploads of 2 GB are cut off", int32(14),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDefaultsAreFilled(t *testing.T) {
	got := load(t, read(t, "minimal.yaml"))
	want := &configv1.PlatformConfiguration{
		TypeMeta: got.TypeMeta,
		TimeZone: "America/Toronto",
		Server: configv1.Server{
			DefaultVersion: "0.1.0",
			Images:         []configv1.ServerImage{{Version: "0.1.0", Image: "registry.example/voute-server:0.1.0"}},
			Resources: corev1.ResourceRequirements{
				Requests: corev1.ResourceList{"cpu": resource.MustParse("50m"), "memory": resource.MustParse("128Mi")},
				Limits:   corev1.ResourceList{"memory": resource.MustParse("512Mi")},
			},
		},
		Calendar: configv1.Calendar{
			MaintenanceWindows: []v1alpha1.Window{
				{Days: []v1alpha1.Weekday{"Wednesday"}, From: "05:00", To: "07:00"},
				{Days: []v1alpha1.Weekday{"Sunday"}, From: "06:00", To: "09:00"},
			},
			BusinessHours: []v1alpha1.Window{
				{Days: []v1alpha1.Weekday{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday"}, From: "08:30", To: "16:30"},
			},
		},
		Rollout: configv1.Rollout{
			Slots: 5, CanaryPercent: ptr.To[int32](10), HaltAfter: 2, DeadlineMinutes: 15, ExpectedMinutes: ptr.To[int32](10),
			HealthyMinutes: ptr.To[int32](1440), NoticeDays: ptr.To[int32](7), AnnounceHours: ptr.To[int32](72),
		},
		Exposure:     configv1.Exposure{HTTPSPort: 443, HTTPPort: 80},
		Availability: configv1.Availability{Through: "balancer", TargetPercent: "99"},
		Vault: configv1.Vault{
			Address: "https://vault.example", TransitPath: "transit", AuthPath: "kubernetes",
			Audience: "vault", OperatorRole: "voute-operator", ServerRole: "voute-server",
		},
		Scanner:   configv1.Scanner{Address: "10.0.0.7:3311", ClientIssuer: "voute-scan-clients"},
		Mail:      configv1.Mail{Host: "smtp.example", Port: 587, Security: "starttls", From: "partage@example.gouv.qc.ca"},
		Retention: configv1.Retention{KeyWaitDays: 7},
		Storage:   configv1.Storage{DevelopmentGB: 2},
		Tariff:    configv1.Tariff{SubscriptionAnnual: "3500.00", IncludedGB: 20, AdditionalGBAnnual: "3.75", InterventionHour: "133.00", Currency: "CAD"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAZeroThatIsWrittenIsKept(t *testing.T) {
	text := read(t, "platform.yaml")
	for _, field := range []string{"canaryPercent: 5", "expectedMinutes: 5", "healthyMinutes: 60", "noticeDays: 14", "announceHours: 48"} {
		name, _, _ := strings.Cut(field, ":")
		text = strings.Replace(text, field, name+": 0", 1)
	}
	zero := ptr.To[int32](0)
	want := configv1.Rollout{
		Slots: 50, CanaryPercent: zero, HaltAfter: 3, DeadlineMinutes: 20, ExpectedMinutes: zero, HealthyMinutes: zero, NoticeDays: zero, AnnounceHours: zero,
		Halted: []configv1.HaltedVersion{{Version: "0.2.0-rc.1", Reason: "uploads of 2 GB are cut off"}},
	}
	if diff := cmp.Diff(want, load(t, text).Rollout); diff != "" {
		t.Error(diff)
	}
}

func TestLimitsAloneAreKept(t *testing.T) {
	cfg := load(t, strings.Replace(read(t, "platform.yaml"), "    requests: {cpu: 100m, memory: 256Mi}\n", "", 1))
	if len(cfg.Server.Resources.Requests) != 0 || cfg.Server.Resources.Limits.Memory().String() != "1Gi" {
		t.Errorf("resources that are given are not kept as they are: %v", cfg.Server.Resources)
	}
}

// Each case changes one thing in testdata/platform.yaml.
func TestABadFileIsRefused(t *testing.T) {
	good := read(t, "platform.yaml")
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}))
	junk := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}))
	for name, test := range map[string]struct{ old, new, want string }{
		"not YAML":              {"timeZone: America/Toronto", "timeZone: [", "line 4"},
		"repeated field":        {"  port: 587\n", "  port: 587\n  port: 25\n", `line 35: key "port" is written twice: keep one`},
		"unknown field":         {"  security: starttls", "  securty: starttls", "line 35: mail.securty: there is no such field"},
		"unknown top field":     {"timeZone:", "timezone:", "line 3: timezone: there is no such field"},
		"unknown in a list":     {"    image: registry.example/voute-server:0.1.0\n", "    picture: x\n", "line 8: server.images[0].picture: there is no such field"},
		"text for a number":     {"httpsPort: 8443", "httpsPort: all", "line 25: exposure.httpsPort: string cannot be read here: write a value of type int32"},
		"number for text":       {`subscriptionAnnual: "3500.00"`, `subscriptionAnnual: 3500.00`, "line 42: tariff.subscriptionAnnual: number cannot be read here"},
		"number too large":      {"httpsPort: 8443", "httpsPort: 8443000000", "line 25: exposure.httpsPort"},
		"other API version":     {"sharing.voute.dev/v1alpha1", "sharing.voute.dev/v9", "line 1: apiVersion: is \"config.sharing.voute.dev/v9\": write config.sharing.voute.dev/v1alpha1"},
		"other kind":            {"kind: PlatformConfiguration", "kind: Platform", "line 2: kind: is \"Platform\": write PlatformConfiguration"},
		"no such zone":          {"timeZone: America/Toronto", "timeZone: America/Quebec", `line 3: timeZone: "America/Quebec" is not a known time zone: write an IANA name`},
		"the machine's zone":    {"timeZone: America/Toronto", "timeZone: Local", "line 3: timeZone"},
		"CA is not PEM":         {"server:", "trustedCAs: hello\nserver:", "line 4: trustedCAs: is not PEM"},
		"CA is a key":           {"server:", "trustedCAs: |\n" + indent(key) + "server:", "line 4: trustedCAs: holds a PRIVATE KEY"},
		"CA does not parse":     {"server:", "trustedCAs: |\n" + indent(junk) + "server:", "line 4: trustedCAs: holds a certificate that cannot be read"},
		"default not listed":    {"defaultVersion: 0.1.0", "defaultVersion: 0.3.0", `line 5: server.defaultVersion: "0.3.0" is not in server.images: choose one of 0.1.0, 0.2.0-rc.1, or add it`},
		"version twice":         {"version: 0.2.0-rc.1", "version: 0.1.0", "line 9: server.images[1].version: 0.1.0 is listed twice"},
		"not a version":         {"version: 0.2.0-rc.1", "version: latest", `line 9: server.images[1].version: "latest" is not a version`},
		"version ends in a dot": {"version: 0.2.0-rc.1", "version: 0.2.0-rc.", "line 9: server.images[1].version"},
		"no image":              {"image: registry.example/voute-server:0.1.0", `image: ""`, "line 8: server.images[0].image"},
		"requests over limits":  {"memory: 256Mi", "memory: 2Gi", "line 14: server.resources.requests.memory: 2Gi is more than the limit of 1Gi"},
		"quantity with MB":      {"memory: 256Mi", "memory: 256MB", "line 14: server.resources.requests.memory: is not a quantity: write it like 500m, 256Mi or 1Gi"},
		"quantity of a list":    {"limits: {memory: 1Gi}", "limits: {memory: [1]}", "line 15: server.resources.limits.memory[0]: is not a quantity"},
		"negative memory":       {"memory: 256Mi", "memory: -1", "line 14: server.resources.requests.memory: -1 is negative"},
		"unknown resource":      {"{cpu: 100m", "{gpu: 100m", `line 14: server.resources.requests.gpu: "gpu" is not a resource: write cpu, memory`},
		"toleration of nothing": {"{key: vault, operator: Exists}", "{effect: NoSchedule}", "line 19: server.tolerations[0].key: is empty"},
		"operator of taints":    {"operator: Exists", "operator: Sometimes", `line 19: server.tolerations[0].operator: "Sometimes" is not known`},
		"effect of taints":      {"operator: Exists", "effect: Never", "line 19: server.tolerations[0].effect"},
		"value with Exists":     {"operator: Exists", "operator: Exists, value: x", "line 19: server.tolerations[0].value"},
		"seconds for ever":      {"operator: Exists", "operator: Exists, tolerationSeconds: 1", "line 19: server.tolerations[0].tolerationSeconds"},
		"image with a space":    {"voute-server:0.1.0", "voute server:0.1.0", "line 8: server.images[0].image"},
		"image right to left":   {"registry.example/voute-server:0.1.0", `"registry.example/\u202Evoute"`, "line 8: server.images[0].image"},
		"image that goes up":    {"registry.example/voute-server:0.1.0", "../voute-server", "line 8: server.images[0].image"},
		"zone that goes up":     {"America/Toronto", "../../etc/passwd", "line 3: timeZone"},
		"a second document":     {"timeZone: America/Toronto", "---\ntimeZone: America/Toronto", "line 3: a second document begins here"},
		"a list":                {good, "- 1", "the file: has no fields: begin it with apiVersion: config.sharing.voute.dev/v1alpha1"},
		"a control character":   {"America/Toronto", "America/\x00Toronto", "the file: is not valid YAML: control characters are not allowed"},
		"bad label":             {"zone: vault", "zone: -vault-", "line 17: server.nodeSelector.example.gouv.qc.ca/zone"},
		"bad pull secret":       {"[registry]", "[Registry]", "line 20: server.imagePullSecrets[0]"},
		"bad annotation":        {"gouv.qc.ca/network", "gouv.qc.ca/net/work", "line 23: exposure.annotations"},
		"bad class":             {"loadBalancerClass: example.gouv.qc.ca/edge", "loadBalancerClass: a b", "line 24: exposure.loadBalancerClass"},
		"port out of range":     {"httpPort: 8080", "httpPort: 80800", "line 26: exposure.httpPort: 80800 is not a port"},
		"no way to addresses":   {"exposure:", "availability: {through: luck}\nexposure:", "line 21: availability.through: is balancer, dns, service or none; not \"luck\""},
		"more than a year":      {"exposure:", "availability: {targetPercent: \"100.5\"}\nexposure:", "line 21: availability.targetPercent: is a percentage"},
		"one port for both":     {"httpPort: 8080", "httpPort: 8443", "line 26: exposure.httpPort: is the same as httpsPort"},
		"Vault in clear":        {"https://vault", "http://vault", "line 28: vault.address: \"http://vault.vault.svc:8200\" would send keys in clear"},
		"Vault without scheme":  {"https://vault.vault.svc:8200", "vault.vault.svc:8200", "line 28: vault.address"},
		"Vault with a path":     {"svc:8200", "svc:8200/v1", "has a path: write https://host:port only"},
		"Vault with a password": {"https://vault", "https://me:pass@vault", "line 28: vault.address"},
		"Vault port":            {"svc:8200", "svc:82000", "line 28: vault.address"},
		"no Vault":              {"  address: https://vault.vault.svc:8200\n", "  audience: vault\n", "line 27: vault.address: \"\" is not an address"},
		"mount with a slash":    {"  address: https:", "  transitPath: transit/\n  address: https:", "line 28: vault.transitPath"},
		"audience of two words": {"  address: https:", "  audience: a b\n  address: https:", "line 28: vault.audience"},
		"role with a slash":     {"  address: https:", "  serverRole: a/b\n  address: https:", "line 28: vault.serverRole"},
		"one role for both":     {"  address: https:", "  serverRole: voute-operator\n  address: https:", "line 28: vault.serverRole: is the operator's role too"},
		"gateway without port":  {"clamd.scanning.svc:3311", "clamd.scanning.svc", `line 30: scanner.address: "clamd.scanning.svc" is not an address: write host:port`},
		"gateway host":          {"clamd.scanning.svc:3311", "clam_d:3311", "line 30: scanner.address"},
		"no client issuer":      {"  clientIssuer: voute-scan-clients\n", "", "line 29: scanner.clientIssuer"},
		"mail host":             {"host: smtp.mail.svc", "host: smtp mail", `line 33: mail.host: "smtp mail" is not a host`},
		"mail port":             {"port: 587", "port: -1", "line 34: mail.port"},
		"mail security":         {"security: starttls", "security: ssl", `line 35: mail.security: "ssl" is not known: write starttls, tls or none`},
		"sender with a name":    {"from: partage@", "from: Partage <a@b.example> @", "line 36: mail.from"},
		"password in clear":     {"security: starttls", "security: none", "line 37: mail.credentialsSecret: would send a password in clear"},
		"storage class":         {"className: voute-local", "className: Voute", "line 39: storage.className"},
		"negative GB":           {"developmentGB: 3", "developmentGB: -3", "line 40: storage.developmentGB: -3 is out of range"},
		"one decimal place":     {`"3500.00"`, `"3500.0"`, `tariff.subscriptionAnnual: "3500.0" is not an amount: write it with two decimal places`},
		"comma":                 {`"3.75"`, `"3,75"`, "tariff.additionalGBAnnual"},
		"a price of some day":   {"currency: CAD", "currency: CAD\n  changes: [{from: soon}]", "tariff.changes[0].from: "},
		"prices in disorder":    {"currency: CAD", "currency: CAD\n  changes: [{from: \"2027-04-01\"}, {from: \"2027-01-01\"}]", "tariff.changes[1].from: 2027-01-01 is not after"},
		"a later bad price":     {"currency: CAD", "currency: CAD\n  changes: [{from: \"2027-04-01\", interventionHour: \"140\"}]", "tariff.changes[0].interventionHour"},
		"nothing included":      {"includedGB: 20", "includedGB: -1", "tariff.includedGB"},
		"currency":              {"currency: CAD", "currency: $", "tariff.currency"},
		"suffix with a dot":     {"[gouv.qc.ca, ", "[.gouv.qc.ca, ", `line 47: hosts.allowedSuffixes[0]: ".gouv.qc.ca" is not a suffix of hosts: write a DNS name in lower case, without a dot in front`},
		"suffix with a star":    {"example.org]", `"*.example.org"]`, "line 47: hosts.allowedSuffixes[1]"},
		"suffix in capitals":    {"example.org]", "Example.org]", "line 47: hosts.allowedSuffixes[1]"},
		"suffix that is an IP":  {"example.org]", "10.0.0.1]", "line 47: hosts.allowedSuffixes[1]"},
		"suffix with a scheme":  {"example.org]", "https://example.org]", "line 47: hosts.allowedSuffixes[1]"},
		"empty suffix":          {"example.org]", `""]`, "line 47: hosts.allowedSuffixes[1]"},
		"suffix twice":          {"example.org]", "gouv.qc.ca]", "line 47: hosts.allowedSuffixes[1]: gouv.qc.ca is listed twice: keep one"},
		"suffixes as one text":  {"[gouv.qc.ca, example.org]", "gouv.qc.ca", "line 47: hosts.allowedSuffixes"},
		"kind of a version":     {"kind: release", "kind: feature", `line 11: server.images[1].kind: "feature" is no kind: write fix or release, or nothing`},
		"version to come from":  {"from: [0.1.0]", "from: [0.1.0, 0.1.x]", `line 12: server.images[1].from[1]: "0.1.x" is not a version: write it like 1.4.0`},
		"zeros in front":        {"version: 0.2.0-rc.1", "version: 0.02.0", `line 9: server.images[1].version: "0.02.0" is not a version`},
		"zeros at the end":      {"version: 0.2.0-rc.1", "version: 0.2.00", `line 9: server.images[1].version: "0.2.00" is not a version`},
		"zeros in what it was":  {"from: [0.1.0]", "from: [00.1.0]", `line 12: server.images[1].from[0]: "00.1.0" is not a version`},
		"longer than a window": {"expectedMinutes: 5", "expectedMinutes: 241",
			"line 63: rollout.expectedMinutes: calendar.maintenanceWindows: the longest has 240 minutes, and a change is expected to take 241: none could ever start"},
		"longer than a day of business": {"expectedMinutes: 5", "expectedMinutes: 901", "line 63: rollout.expectedMinutes: calendar.businessHours: the longest has 900 minutes"},
		"no day of the week":            {"[Tuesday]", "[Mardi]", `line 50: calendar.maintenanceWindows[0]: days: "Mardi" is no day of the week`},
		"no day at all":                 {"[Tuesday]", "[]", "line 50: calendar.maintenanceWindows[0].days: is empty: list the days on which it begins"},
		"no time of day":                {`"22:00"`, `"22h00"`, `line 50: calendar.maintenanceWindows[0]: from: "22h00" is no time of day: write it as 05:00`},
		"after midnight":                {`"02:00"`, `"26:00"`, `line 50: calendar.maintenanceWindows[0]: to: "26:00" is no time of day`},
		"a window of no length":         {`"02:00"`, `"22:00"`, "line 50: calendar.maintenanceWindows[0]: Tuesday 22:00–22:00 is empty: a whole day is 00:00 to 24:00"},
		"hours from 24:00":              {`"09:00"`, `"24:00"`, "line 52: calendar.businessHours[0]: Monday 24:00–24:00 is not within a day"},
		"hours without an end":          {`, to: "24:00"`, "", `line 52: calendar.businessHours[0]: to: "" is no time of day`},
		"hours as a number":             {`"09:00"`, "9", "line 51: calendar.businessHours.from: number cannot be read here"},
		"unknown in a window":           {"{days: [Monday", "{zone: UTC, days: [Monday", "line 52: calendar.businessHours[0].zone: there is no such field"},
		"a holiday added":               {"[2026-12-28]", "[28 December]", `line 54: calendar.holidays.added: [0]: "28 December" is no date: write it as 2026-12-24`},
		"a holiday removed":             {"[2026-12-26]", "[2026-02-29]", "line 55: calendar.holidays.removed"},
		"a freeze from no date":         {"from: 2026-12-14", "from: Christmas", `line 57: calendar.freezes[0]: from: "Christmas" is no date`},
		"a freeze to no date":           {"2027-01-05", "2027-13-05", `line 57: calendar.freezes[0]: to: "2027-13-05" is no date`},
		"a freeze backwards":            {"2027-01-05", "2026-12-13", "line 57: calendar.freezes[0]: ends on 2026-12-13, before it begins on 2026-12-14"},
		"too many slots":                {"slots: 50", "slots: 1001", "line 59: rollout.slots: 1001 is not possible: write 1 to 1000"},
		"keys kept for ever":            {"keyWaitDays: 14", "keyWaitDays: 91", "line 70: retention.keyWaitDays: 91 is not possible: write 1 to 90"},
		"negative slots":                {"slots: 50", "slots: -1", "line 59: rollout.slots: -1 is not possible"},
		"more than all":                 {"canaryPercent: 5", "canaryPercent: 101", "line 60: rollout.canaryPercent: 101 is not possible: write 0 to 100"},
		"halt before any":               {"haltAfter: 3", "haltAfter: -1", "line 61: rollout.haltAfter: -1 is not possible: write 1 to 1000"},
		"a deadline of days":            {"deadlineMinutes: 20", "deadlineMinutes: 1441", "line 62: rollout.deadlineMinutes: 1441 is not possible: write 1 to 1440"},
		"less than no time":             {"expectedMinutes: 5", "expectedMinutes: -5", "line 63: rollout.expectedMinutes: -5 is not possible: write 0 to 1440"},
		"healthy for months":            {"healthyMinutes: 60", "healthyMinutes: 43201", "line 64: rollout.healthyMinutes: 43201 is not possible: write 0 to 43200"},
		"notice of years":               {"noticeDays: 14", "noticeDays: 366", "line 65: rollout.noticeDays: 366 is not possible: write 0 to 365"},
		"announced too early":           {"announceHours: 48", "announceHours: 8761", "line 66: rollout.announceHours: 8761 is not possible: write 0 to 8760"},
		"halted, and unknown":           {"{version: 0.2.0-rc.1, r", "{version: 0.2.0, r", `line 68: rollout.halted[0].version: "0.2.0" is not in server.images: choose one of 0.1.0, 0.2.0-rc.1, or remove the halt`},
		"halted twice":                  {"  halted:", "  halted:\n  - {version: 0.2.0-rc.1, reason: a}", `line 69: rollout.halted[1].version: "0.2.0-rc.1" is halted twice: keep one`},
		"halted for nothing":            {`"uploads of 2 GB are cut off"`, `" "`, "line 68: rollout.halted[0].reason: is empty: write why nobody else is to start the version"},
		"halted without a reason":       {`, reason: "uploads of 2 GB are cut off"`, "", "line 68: rollout.halted[0].reason: is empty"},
		"halted for a book":             {"uploads of", strings.Repeat("é", 257), "line 68: rollout.halted[0].reason: is no line of at most 256 characters"},
		"halted for two lines":          {"uploads of", `a\nb`, "line 68: rollout.halted[0].reason: is no line of at most 256 characters"},
		"half a slot":                   {"slots: 50", "slots: 2.5", "line 59: rollout.slots: number 2.5 cannot be read here"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(good, test.old) {
				t.Fatalf("testdata/platform.yaml has no %q", test.old)
			}
			_, err := Load([]byte(strings.Replace(good, test.old, test.new, 1)))
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("the message lacks %q:\n%v", test.want, err)
			}
		})
	}
}

// A change is expected to take ten minutes where the file does not say so: then
// it is the window that is wrong.
func TestAWindowTooShortForAnyChangeIsRefused(t *testing.T) {
	const short = "calendar:\n  businessHours:\n  - {days: [Monday], from: \"09:00\", to: \"09:10\"}\n  maintenanceWindows:\n  - {days: [Monday, Tuesday], from: \"09:00\", to: \"09:09\"}\n"
	_, err := Load([]byte(short + read(t, "minimal.yaml")))
	want := "line 4: calendar.maintenanceWindows: the longest has 9 minutes, and a change is expected to take 10: none could ever start"
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "businessHours") {
		t.Errorf("the error is %v; want %s", err, want)
	}
	load(t, strings.Replace(short, "09:09", "09:10", 1)+read(t, "minimal.yaml"))
}

func TestEveryProblemIsToldAtOnce(t *testing.T) {
	text := strings.NewReplacer("starttls", "ssl", "CAD", "dollars", "port: 587", "port: 99999").Replace(read(t, "platform.yaml"))
	_, err := Load([]byte(text))
	if err == nil {
		t.Fatal("accepted")
	}
	for _, field := range []string{"mail.security", "tariff.currency", "mail.port"} {
		if !strings.Contains(err.Error(), field) {
			t.Errorf("%s is not told:\n%v", field, err)
		}
	}
}

func TestAnEmptyFileNamesWhatIsMissing(t *testing.T) {
	_, err := Load(nil)
	if err == nil || !strings.Contains(err.Error(), "server.images: is empty") {
		t.Errorf("got %v", err)
	}
}

func TestTrustedCertificatesAreAccepted(t *testing.T) {
	cfg := load(t, "trustedCAs: |\n"+indent(certificate(t)+"\n"+certificate(t))+read(t, "minimal.yaml"))
	if strings.Count(cfg.TrustedCAs, "BEGIN CERTIFICATE") != 2 {
		t.Errorf("got %q", cfg.TrustedCAs)
	}
}

// What Load returns, written out, loads again to the same.
func TestLoadedConfigurationLoadsAgain(t *testing.T) {
	for _, name := range []string{"platform.yaml", "minimal.yaml"} {
		first := load(t, read(t, name))
		text, err := yaml.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, load(t, string(text))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestImage(t *testing.T) {
	cfg := load(t, read(t, "platform.yaml"))
	for version, want := range map[string]string{
		"":           "registry.example/voute-server:0.1.0",
		"0.1.0":      "registry.example/voute-server:0.1.0",
		"0.2.0-rc.1": "registry.example/voute-server:0.2.0-rc.1",
	} {
		got, err := Image(cfg, version)
		if err != nil || got != want {
			t.Errorf("Image(%q) = %q, %v; want %q", version, got, err, want)
		}
	}
	_, err := Image(cfg, "9.9.9")
	if err == nil || !strings.Contains(err.Error(), "choose one of 0.1.0, 0.2.0-rc.1") {
		t.Errorf("a version that is not listed: %v", err)
	}
}

func TestPorts(t *testing.T) {
	for _, test := range []struct {
		vault, scanner string
		mail           int32
		want           []int32
	}{
		{"https://vault.vault.svc:8200", "clamd.scanning.svc:3311", 587, []int32{587, 3311, 8200}},
		{"https://vault.example", "10.0.0.7:443", 465, []int32{443, 465}},
		{"https://[fd00::1]:8200", "[fd00::2]:3311", 25, []int32{25, 3311, 8200}},
	} {
		cfg := load(t, read(t, "minimal.yaml"))
		cfg.Vault.Address, cfg.Scanner.Address, cfg.Mail.Port = test.vault, test.scanner, test.mail
		if diff := cmp.Diff(test.want, Ports(cfg)); diff != "" {
			t.Errorf("%+v: %s", test, diff)
		}
	}
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ") + "\n"
}

func certificate(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Unix(1<<32, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
