package admission

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"voute.dev/voute/test/apiserver"
)

// testLive creates an object of each kind that people write, and looks at what happens to them after.
func testLive(t *testing.T, server *apiserver.Server) {
	server.MustKubectl(t, goodTenant+"---"+goodPilot+"---"+goodPolicy+"---"+goodIntervention, "apply", "-f", "-")
	t.Run("defaults", func(t *testing.T) { testDefaults(t, server) })
	t.Run("changes", func(t *testing.T) { testChanges(t, server) })
	t.Run("status", func(t *testing.T) { testStatus(t, server) })
	t.Run("columns", func(t *testing.T) { testColumns(t, server) })
	t.Run("headings", func(t *testing.T) { testHeadings(t, server) })
	t.Run("selectable fields", func(t *testing.T) { testSelectableFields(t, server) })
	t.Run("short names and categories", func(t *testing.T) { testNames(t, server) })
}

func testDefaults(t *testing.T, server *apiserver.Server) {
	for query, want := range map[string]string{
		"stn/justice={.spec.deletionPolicy}":                                  "Retain",
		"stn/justice={.spec.environments[0].certificate.issuerRef.kind}":      "ClusterIssuer",
		"stn/justice={.status.observedGeneration}":                            "-1",
		"plt/marie-tremblay={.spec.language}":                                 "fr",
		"plt/marie-tremblay={.status.observedGeneration}":                     "-1",
		"rtp/courante={.spec.minDays}":                                        "1",
		"rtp/courante={.status.observedGeneration}":                           "-1",
		"stn/justice={.spec.environments[?(@.name=='development')].storage}":  "",
		"stn/justice={.spec.environments[?(@.name=='production')].host}":      "partage.justice.example",
		"stn/justice={.spec.organization.nameFr}{.spec.organization.nameEn}":  "Ministère de la JusticeMinistry of Justice",
		"stn/justice={.spec.environments[1].certificate.secretName}":          "justice-dev",
		"stn/justice={.spec.environments[0].storage.storageClassName}":        "rapide",
		"stn/justice={.spec.environments[0].storage.allocatedGB}":             "35",
		"plt/marie-tremblay={.spec.tenantRef.name}{.metadata.generation}":     "justice1",
		"rtp/courante={.spec.defaultDays}{.spec.maxDays}{.spec.doesNotExist}": "3090",
	} {
		object, path, _ := strings.Cut(query, "=")
		if got := server.MustKubectl(t, "", "get", object, "-o", "jsonpath="+path); got != want {
			t.Errorf("%s is %q; want %q", query, got, want)
		}
	}
}

// testChanges tries what may and may not change later.
func testChanges(t *testing.T, server *apiserver.Server) {
	const class = "storage.storageClassName cannot change: a volume cannot move to another class"
	for name, test := range map[string]struct{ object, patch, want string }{
		"another tenant":        {"plt/marie-tremblay", `[{"op":"replace","path":"/spec/tenantRef/name","value":"culture"}]`, "tenantRef cannot change: delete this pilot and name a new one"},
		"work for another":      {"itv/import", `[{"op":"replace","path":"/spec/tenantRef/name","value":"culture"}]`, "tenantRef cannot change: delete this intervention and write another"},
		"more hours":            {"itv/import", `[{"op":"replace","path":"/spec/hours","value":"2"}]`, ""},
		"another address":       {"plt/marie-tremblay", `[{"op":"replace","path":"/spec/email","value":"m@justice.example"}]`, ""},
		"another class":         {"stn/justice", `[{"op":"replace","path":"/spec/environments/0/storage/storageClassName","value":"lente"}]`, class},
		"class taken away":      {"stn/justice", `[{"op":"remove","path":"/spec/environments/0/storage/storageClassName"}]`, class},
		"storage taken away":    {"stn/justice", `[{"op":"remove","path":"/spec/environments/0/storage"}]`, class},
		"class named later":     {"stn/justice", `[{"op":"add","path":"/spec/environments/1/storage","value":{"storageClassName":"lente"}}]`, class},
		"more storage":          {"stn/justice", `[{"op":"replace","path":"/spec/environments/0/storage/allocatedGB","value":50}]`, ""},
		"less storage":          {"stn/justice", `[{"op":"replace","path":"/spec/environments/0/storage/allocatedGB","value":20}]`, ""},
		"too little storage":    {"stn/justice", `[{"op":"replace","path":"/spec/environments/0/storage/allocatedGB","value":10}]`, "at least 20 in production"},
		"development given up":  {"stn/justice", `[{"op":"remove","path":"/spec/environments/1"}]`, ""},
		"production given up":   {"stn/justice", `[{"op":"remove","path":"/spec/environments/0"}]`, "a client always has a production environment"},
		"order of environments": {"stn/justice", `[{"op":"move","from":"/spec/environments/0","path":"/spec/environments/1"}]`, ""},
		"longer retention":      {"rtp/courante", `[{"op":"replace","path":"/spec/maxDays","value":365}]`, ""},
		"shorter than default":  {"rtp/courante", `[{"op":"replace","path":"/spec/maxDays","value":29}]`, "write them in rising order"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := server.Kubectl(t, "", "patch", test.object, "--dry-run=server", "--type=json", "-p", test.patch)
			switch {
			case test.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v; want %q", err, test.want)
			}
		})
	}
}

const justiceStatus = `{"status":{"observedGeneration":1,
"conditions":[{"type":"Ready","status":"True","reason":"Serving","message":"Both addresses serve.","lastTransitionTime":"2026-11-22T06:00:00Z"}],
"environments":[
 {"name":"production","url":"https://partage.justice.example","version":"0.1.0","quota":"35G","used":"1200M","usedPercent":3,"certificateNotAfter":"2027-02-20T06:00:00Z"},
 {"name":"development","url":"https://partage-dev.justice.example"}],
"billing":{"allocatedGB":35,"additionalGB":15,"annual":"3556.25","monthly":"296.35","currency":"CAD"}}}`

const marieStatus = `{"status":{"observedGeneration":1,"phase":"Active","lastSignIn":"2020-01-01T00:00:00Z",
"conditions":[{"type":"Ready","status":"True","reason":"Active","message":"Signs in.","lastTransitionTime":"2026-11-22T06:00:00Z"}]}}`

const couranteStatus = `{"status":{"observedGeneration":1,"tenants":1,
"conditions":[{"type":"Ready","status":"True","reason":"InUse","message":"One tenant uses it.","lastTransitionTime":"2026-11-22T06:00:00Z"}]}}`

// testStatus writes statuses: no rule about changes of a spec stands in the way,
// and what cannot be a status is refused.
func testStatus(t *testing.T, server *apiserver.Server) {
	for range 2 {
		for object, status := range map[string]string{
			"stn/justice": justiceStatus, "plt/marie-tremblay": marieStatus, "rtp/courante": couranteStatus,
		} {
			server.MustKubectl(t, "", "patch", object, "--subresource=status", "--type=merge", "-p", status)
		}
	}
	for name, test := range map[string]struct{ object, status, want string }{
		"phase":       {"plt/marie-tremblay", `{"status":{"phase":"Disabled"}}`, `Unsupported value: "Disabled"`},
		"environment": {"stn/justice", `{"status":{"environments":[{"name":"staging"}]}}`, `Unsupported value: "staging"`},
		"quantity":    {"stn/justice", `{"status":{"environments":[{"name":"production","used":"much"}]}}`, "status.environments[0].used"},
	} {
		_, err := server.Kubectl(t, "", "patch", test.object, "--subresource=status", "--type=merge", "-p", test.status)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v; want %q", name, err, test.want)
		}
	}
}

func testColumns(t *testing.T, server *apiserver.Server) {
	for resource, want := range map[string]map[string]any{
		"sharingtenants": {
			"READY": "True", "URL": "https://partage.justice.example", "VERSION": "0.1.0", "QUOTA": "35G", "USED": "1200M",
			"USED%": float64(3), "MONTHLY": "296.35", "REASON": "Serving", "MESSAGE": "Both addresses serve.",
			"DEV-URL": "https://partage-dev.justice.example", "CERTIFICATE-UNTIL": "2027-02-20T06:00:00Z",
		},
		"pilots":            {"TENANT": "justice", "NAME": "Marie-Ève O’Brien", "PHASE": "Active", "READY": "True", "MESSAGE": "Signs in."},
		"retentionpolicies": {"DEFAULT": float64(30), "MIN": float64(1), "MAX": float64(90), "TENANTS": float64(1), "READY": "True"},
	} {
		t.Run(resource, func(t *testing.T) {
			got := readTable(t, server, resource)
			for column, cell := range want {
				if diff := cmp.Diff(cell, got[column]); diff != "" {
					t.Errorf("%s: %s", column, diff)
				}
			}
		})
	}
}

// readTable asks for a list as a table and gives its one row by column.
func readTable(t *testing.T, server *apiserver.Server, resource string) map[string]any {
	t.Helper()
	var got metav1.Table
	if err := json.Unmarshal(ask(t, server, resource, "application/json;as=Table;v=v1;g=meta.k8s.io"), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Rows) != 1 {
		t.Fatalf("%d rows; want one", len(got.Rows))
	}
	cells := map[string]any{}
	for i, column := range got.ColumnDefinitions {
		cells[column.Name] = got.Rows[0].Cells[i]
	}
	return cells
}

// ask reads a list in the form that is asked for, as kubectl does.
func ask(t *testing.T, server *apiserver.Server, resource, form string) []byte {
	t.Helper()
	client, err := rest.HTTPClientFor(server.Config)
	if err != nil {
		t.Fatal(err)
	}
	address := strings.TrimSuffix(server.Config.Host, "/") + "/apis/sharing.voute.dev/v1alpha1/namespaces/default/" + resource
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", form)
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s answers %s, %v", address, response.Status, err)
	}
	return body
}

// testHeadings: these are what people see without -o wide, in this order.
func testHeadings(t *testing.T, server *apiserver.Server) {
	for resource, want := range map[string]string{
		"stn": "NAME READY URL VERSION QUOTA USED USED% MONTHLY THIS-MONTH PENDING AGE",
		"plt": "NAME TENANT NAME PHASE READY AGE",
		"rtp": "NAME DEFAULT MIN MAX TENANTS NEXT-EXPIRY DUE-7D SHREDDED READY AGE",
		"itv": "NAME TENANT HOURS DONE BILLABLE AMOUNT READY AGE",
	} {
		output := server.MustKubectl(t, "", "get", resource)
		heading, _, _ := strings.Cut(output, "\n")
		if got := strings.Join(strings.Fields(heading), " "); got != want {
			t.Errorf("%s: %s; want %s", resource, got, want)
		}
	}
}

func testSelectableFields(t *testing.T, server *apiserver.Server) {
	for selector, want := range map[string]string{
		"plt spec.tenantRef.name=justice":           "pilot.sharing.voute.dev/marie-tremblay",
		"plt spec.tenantRef.name=culture":           "",
		"itv spec.tenantRef.name=justice":           "intervention.sharing.voute.dev/import",
		"stn spec.retentionPolicyRef.name=courante": "sharingtenant.sharing.voute.dev/justice",
		"stn spec.retentionPolicyRef.name=longue":   "",
	} {
		resource, field, _ := strings.Cut(selector, " ")
		if got := strings.TrimSpace(server.MustKubectl(t, "", "get", resource, "-o", "name", "--field-selector", field)); got != want {
			t.Errorf("%s: %q; want %q", selector, got, want)
		}
	}
}

func testNames(t *testing.T, server *apiserver.Server) {
	want := []string{
		"intervention.sharing.voute.dev/import",
		"pilot.sharing.voute.dev/marie-tremblay",
		"retentionpolicy.sharing.voute.dev/courante",
		"sharingtenant.sharing.voute.dev/justice",
	}
	for _, category := range []string{"voute", "all"} {
		got := strings.Fields(server.MustKubectl(t, "", "get", category, "-o", "name"))
		for _, name := range want {
			if !slices.Contains(got, name) {
				t.Errorf("kubectl get %s lacks %s: %v", category, name, got)
			}
		}
	}
}
