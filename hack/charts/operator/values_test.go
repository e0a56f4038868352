package operator_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"voute.dev/voute/hack/charts"
	"voute.dev/voute/internal/platform"
)

// TestEverythingIsTaken: the operator takes the platform configuration of the
// values that use every part of the chart.
func TestEverythingIsTaken(t *testing.T) {
	object := decode(t, render(t, "everything.values.yaml"))["ConfigMap voute-platform"]
	configuration, err := platform.Load([]byte(object.(*corev1.ConfigMap).Data["platform.yaml"]))
	if err != nil {
		t.Fatal(err)
	}
	if configuration.Storage.DevelopmentGB != 100000 || configuration.Tariff.SubscriptionAnnual != "3500.00" || *configuration.Rollout.CanaryPercent != 0 {
		t.Errorf("numbers and texts came through as others: %+v", configuration)
	}
}

// TestMistakesAreNamed: each is refused by the schema, with its place and in words
// that say what would be right. Where it is one of the platform configuration, the
// operator would refuse it too.
func TestMistakesAreNamed(t *testing.T) {
	for _, c := range []struct{ values, want string }{
		{"imag: {}", "additional properties 'imag' not allowed"},
		{"image: {tagg: x}", "at '/image': additional properties 'tagg' not allowed"},
		{"image: {digest: latest}", "at '/image/digest'"},
		{"image: {pullPolicy: Sometimes}", "value must be one of 'Always', 'IfNotPresent', 'Never'"},
		{"replicas: many", "at '/replicas': got string, want integer"},
		{"extraArgs: [allow-test-clock]", "at '/extraArgs/0'"},
		{"goMemoryLimit: 230Mi", "at '/goMemoryLimit'"},
		{"prometheusRule: {downFor: 5 minutes}", "at '/prometheusRule/downFor'"},
		{"prometheusRule: {quotaWarningPercent: 0.8}", "at '/prometheusRule/quotaWarningPercent'"},
		{"networkPolicy: {apiServerPorts: [https]}", "got string, want integer"},
		{"clamd: {scans: 0}", "at '/clamd/scans': minimum: got 0, want 1"},
		{"platform: {vault: {url: x}}", "at '/platform/vault': additional properties 'url' not allowed"},
		{"platform: {apiVersion: v1}", "at '/platform/apiVersion': value must be 'config.sharing.voute.dev/v1alpha1'"},
		{"platform: {vault: {address: null}}", "missing property 'address'"},
		{"platform: {vault: {address: http://vault}}", "at '/platform/vault/address'"},
		{"platform: {mail: {port: 70000}}", "at '/platform/mail/port': maximum: got 70,000, want 65,535"},
		{"platform: {mail: {security: ssl}}", "value must be one of 'starttls', 'tls', 'none'"},
		{"platform: {tariff: {subscriptionAnnual: 3500.00}}", "at '/platform/tariff/subscriptionAnnual': got number, want string"},
		{"platform: {server: {images: []}}", "at '/platform/server/images': minItems: got 0, want 1"},
		{"platform: {calendar: {maintenanceWindows: [{days: [Dimanche], from: '06:00', to: '09:00'}]}}", "value must be one of 'Monday'"},
		{"platform: {calendar: {maintenanceWindows: [{days: [Sunday], from: '6:00', to: '09:00'}]}}", "at '/platform/calendar/maintenanceWindows/0/from'"},
		{"platform: {rollout: {canaryPercent: 101}}", "maximum: got 101, want 100"},
		{"platform: {availability: {through: tunnel}}", "value must be one of 'balancer', 'dns', 'service', 'none'"},
	} {
		_, err := charts.Render(chart, release, c.values)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want it to say %s", c.values, err, c.want)
		}
		if strings.HasPrefix(c.values, "platform:") {
			refusedByOperator(t, c.values)
		}
	}
}

// refusedByOperator: what the schema refuses of the platform configuration is no
// invention of the schema's.
func refusedByOperator(t *testing.T, values string) {
	t.Helper()
	var given struct {
		Platform map[string]any `json:"platform"`
	}
	defaults, err := os.ReadFile(source + "/config/default/platform.yaml")
	if err != nil {
		t.Fatal(err)
	}
	whole := map[string]any{}
	if err := yaml.Unmarshal(defaults, &whole); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal([]byte(values), &given); err != nil {
		t.Fatal(err)
	}
	merge(whole, given.Platform)
	text, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := platform.Load(text); err == nil {
		t.Errorf("%s: the operator takes it", values)
	}
}

func merge(into, from map[string]any) {
	for key, value := range from {
		inner, isMap := value.(map[string]any)
		outer, wasMap := into[key].(map[string]any)
		switch {
		case value == nil:
			delete(into, key)
		case isMap && wasMap:
			merge(outer, inner)
		default:
			into[key] = value
		}
	}
}

// TestContradictionsAreNamed: what no schema can tell.
func TestContradictionsAreNamed(t *testing.T) {
	for _, c := range []struct{ values, want string }{
		{"clamd: {enabled: true, image: clamav}", `platform.scanner.address is "clamd.scanning.svc:3311": write voute-clamd.voute-system.svc:3311`},
		{"clamd: {enabled: true}\nplatform: {scanner: {address: 'voute-clamd.voute-system.svc:3311'}}", "clamd.image is empty: name an image"},
	} {
		if _, err := charts.Render(chart, release, c.values); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want it to say %s", c.values, err, c.want)
		}
	}
}

// TestEveryValueIsExplained: a person who reads values.yaml finds what each is for.
func TestEveryValueIsExplained(t *testing.T) {
	page, err := os.ReadFile(source + "/docs/reference/values-voute-operator.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, "|")
		if len(cells) < 5 || !strings.HasPrefix(cells[1], " `") {
			continue
		}
		if rows++; strings.TrimSpace(cells[3]) == "" && !strings.HasPrefix(cells[1], " `resources.") {
			t.Errorf("%s is explained nowhere: write a comment above it in values.yaml", strings.TrimSpace(cells[1]))
		}
	}
	if rows < 50 {
		t.Errorf("only %d values are on the page", rows)
	}
}

// TestSchemaIsStrict: there is no object of fields in it that takes others.
func TestSchemaIsStrict(t *testing.T) {
	text, err := os.ReadFile(chart + "/values.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	objects := 0
	var look func(path string, schema map[string]any)
	look = func(path string, schema map[string]any) {
		fields, hasFields := schema["properties"].(map[string]any)
		if !hasFields {
			return
		}
		if objects++; schema["additionalProperties"] != false {
			t.Errorf("%s takes fields that do not exist", path)
		}
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			look(path+"."+name, fields[name].(map[string]any))
		}
	}
	look("", schema)
	if objects < 20 {
		t.Errorf("only %d objects were looked at", objects)
	}
}
