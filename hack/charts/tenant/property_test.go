package tenant

import (
	"fmt"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/engine"
	"pgregory.net/rapid"
)

// leaf is a value of a client's file: what is written most of the time, and
// what is on the edge of what can be, or beyond it.
type leaf struct{ usual, edge []any }

var (
	texts = leaf{
		[]any{"Ministère de la Justice", "Office #1: « têtes & queues »", "日本", "null", "42", "{{ .Values }}", `a\b"c'`},
		[]any{"", "— !", "a\tb", "a\nb", "a\u202eb", "a\u2028b", "\ufeffa", "\u00ada", "\U000e0001a", strings.Repeat("日", 120), strings.Repeat("日", 121)},
	}
	contacts = leaf{[]any{"", "fraude@justice.example", "+1 418 555-0100"}, []any{"91", "911", "!!!", strings.Repeat("a", 254), strings.Repeat("a", 255)}}
	mails    = leaf{
		[]any{"aide@justice.example", "a'b+c@d.example", "x@y"},
		[]any{"", "a@", "@b", "a b@c.example", "a@b@c", "Aide <a@b.example>", "a..b@c.example", "a@-b.example", "é@b.example", strings.Repeat("a", 244) + "@b.example", strings.Repeat("a", 245) + "@b.example"},
	}
	hosts = leaf{
		[]any{"partage.justice.example", "a.bc", "xn--bcher-kva.example", "10.0.0.1.example"},
		[]any{"", "a.b", "localhost", "10.0.0.1", "a.svc", "a.svc.example", "a.cluster.local", "Partage.example", "a_b.example", "-a.example", "a..example", "a.example.", "a.example:443", strings.Repeat("a", 63) + ".example", strings.Repeat("a", 64) + ".example", strings.Repeat("a.", 126) + "ab"},
	}
	names       = leaf{[]any{"justice", "a.b-c.9", "null", "1"}, []any{"A", "a_b", "-a", "a-", "a..b", strings.Repeat("a", 253), strings.Repeat("a", 254)}}
	classes     = leaf{[]any{"", "rapide"}, names.edge}
	secrets     = leaf{[]any{"", "achat-2026"}, append([]any{"x-production-tls", "x-development-scan", "production-tls", "x-production-tls-2"}, names.edge...)}
	keys        = leaf{[]any{"logo.svg", "..", "logo_1"}, []any{".", "..x", "a/b", ".x", strings.Repeat("k", 253), strings.Repeat("k", 254)}}
	tenants     = leaf{[]any{"", "agence", "on", "a1"}, []any{"1a", "a.b", "a-", "A", strings.Repeat("a", 40), strings.Repeat("a", 41)}}
	versions    = leaf{[]any{"", "1.4.0", "0.1.0-rc.1"}, []any{"1.4", "v1.4.0", "1.4.0-", "1.4.0+x", strings.Repeat("1", 59) + ".0.0", strings.Repeat("1", 60) + ".0.0"}}
	included    = leaf{[]any{20, 35, 100000}, []any{nil, -1, 1, 19, 100001}}
	small       = leaf{[]any{nil, 1, 2}, []any{-1, 100000, 100001}}
	days        = leaf{[]any{30, 60}, []any{1, 29, 61, 3650, 3651, -1}}
	zones       = leaf{[]any{"America/Toronto", "UTC", "Etc/GMT+5"}, []any{"montreal", "America/", "A B", strings.Repeat("A", 64), strings.Repeat("A", 65)}}
	times       = leaf{[]any{"05:00", "06:00", "00:00", "23:59"}, []any{"24:00", "24:01", "5:00", "05:60", "", "05:00:00"}}
	dates       = leaf{[]any{"2026-12-14", "2027-01-05"}, []any{"2026-02-30", "2099-12-31", "2100-01-01", "26-12-14", "", "2026-1-1", "9999-12-31"}}
	policies    = leaf{[]any{"Retain", "Destroy"}, []any{"retain", "Keep"}}
	downloaded  = leaf{[]any{nil, "Keep", "Delete"}, []any{"Archive"}}
	buckets     = leaf{[]any{nil, "Day", "Week"}, []any{"day", "Month"}}
	shortenings = leaf{[]any{nil, "FromNowOn", "ToAll"}, []any{"All"}}
	endings     = leaf{[]any{"exe", "tar.gz", "c++"}, []any{"", ".exe", "EXE", "a b", strings.Repeat("a", 32), strings.Repeat("a", 33)}}
	types       = leaf{[]any{"application/x-sh", "video/*"}, []any{"", "*/*", "a/", "A/b", "a/b;c", "a/b/c", "a/" + strings.Repeat("b", 98), "a/" + strings.Repeat("b", 99)}}
	speaks      = leaf{[]any{"fr", "en"}, []any{"es", "FR"}}
	issuers     = leaf{[]any{"Issuer", "ClusterIssuer"}, []any{"issuer"}}
)

// seldom is true in a few of a hundred: rapid prefers the ends of a range, and
// makes a failing example small.
func seldom(t *rapid.T, label string) bool {
	at := rapid.IntRange(0, 99).Draw(t, label)
	return at >= 40 && at < 42
}

func (l leaf) draw(t *rapid.T, label string) any {
	if seldom(t, label+" on the edge") {
		return rapid.SampledFrom(l.edge).Draw(t, label)
	}
	return rapid.SampledFrom(l.usual).Draw(t, label)
}

// drawValues makes up a client's file. Its shape is right: what is wrong with
// shapes is in TestBadValues.
func drawValues(t *rapid.T) map[string]any {
	production, development := drawAddress(t, "production", hosts, included), drawDevelopment(t)
	return map[string]any{
		"tenantName": tenants.draw(t, "tenantName"),
		"organization": map[string]any{
			"nameFr": texts.draw(t, "nameFr"), "nameEn": texts.draw(t, "nameEn"), "supportEmail": mails.draw(t, "supportEmail"),
			"fraudContact": contacts.draw(t, "fraudContact"), "delegates": drawDelegates(t), "logo": drawLogo(t),
		},
		"production": production, "development": development, "certificate": drawIssuer(t, production, development),
		"retention": map[string]any{
			"defaultDays": days.draw(t, "defaultDays"), "minDays": leaf{[]any{1, 30}, days.edge}.draw(t, "minDays"),
			"maxDays": leaf{[]any{60, 90}, days.edge}.draw(t, "maxDays"), "policyName": classes.draw(t, "policyName"),
			"senderMayChoose": rapid.SampledFrom([]any{true, false, nil}).Draw(t, "senderMayChoose"), "afterLastDownload": downloaded.draw(t, "afterLastDownload"),
			"afterLastDownloadDays": days.draw(t, "afterLastDownloadDays"), "journalDays": leaf{[]any{nil, 400, 3650}, []any{1, 60, 36500, 36501}}.draw(t, "journalDays"),
			"bucket": buckets.draw(t, "bucket"), "applyShortening": shortenings.draw(t, "applyShortening"),
		},
		"pilots": map[string]any{
			"marie": map[string]any{"name": texts.draw(t, "pilot"), "email": mails.draw(t, "email"), "language": speaks.draw(t, "language")},
		},
		"version":  versions.draw(t, "version"),
		"calendar": drawCalendar(t),
		"uploads": map[string]any{
			"blockedExtensions": drawList(t, endings, "blockedExtensions"), "blockedTypes": drawList(t, types, "blockedTypes"),
		},
		"suspend":        rapid.Bool().Draw(t, "suspend"),
		"deletionPolicy": policies.draw(t, "deletionPolicy"),
	}
}

// drawDelegates makes up none, some, or one too many; two may be the same.
func drawDelegates(t *rapid.T) []any {
	many := rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "delegates")
	if seldom(t, "many delegates") {
		many = rapid.IntRange(20, 21).Draw(t, "delegates")
	}
	delegates := make([]any, many)
	for i := range delegates {
		if i > 1 {
			delegates[i] = fmt.Sprintf("deleguee-%d@justice.example", i)
			continue
		}
		delegates[i] = mails.draw(t, "delegate")
	}
	return delegates
}

// drawList makes up none or some, two of which may be the same.
func drawList(t *rapid.T, of leaf, label string) any {
	list := make([]any, rapid.IntRange(0, 2).Draw(t, label))
	for i := range list {
		list[i] = of.draw(t, label)
	}
	return list
}

func drawLogo(t *rapid.T) map[string]any {
	if !rapid.Bool().Draw(t, "logo") {
		return map[string]any{}
	}
	return map[string]any{"name": names.draw(t, "logo name"), "key": keys.draw(t, "logo key")}
}

func drawAddress(t *rapid.T, name string, hosts, storage leaf) map[string]any {
	return map[string]any{
		"host": hosts.draw(t, name+" host"), "allocatedGB": storage.draw(t, name+" GB"),
		"storageClassName": classes.draw(t, name+" class"), "certificateSecret": secrets.draw(t, name+" secret"),
	}
}

func drawDevelopment(t *rapid.T) map[string]any {
	if !rapid.Bool().Draw(t, "development") {
		return map[string]any{}
	}
	return drawAddress(t, "development", leaf{[]any{"partage-dev.justice.example"}, append([]any{"partage.justice.example"}, hosts.edge[1:]...)}, small)
}

// drawIssuer makes one up where it is asked for: the kinds do not see another.
func drawIssuer(t *rapid.T, addresses ...map[string]any) map[string]any {
	for _, address := range addresses {
		if address["certificateSecret"] == "" {
			return map[string]any{"issuer": names.draw(t, "issuer"), "issuerKind": issuers.draw(t, "issuerKind")}
		}
	}
	return map[string]any{}
}

func drawCalendar(t *rapid.T) map[string]any {
	calendar := map[string]any{}
	if rapid.Bool().Draw(t, "zone") {
		calendar["timeZone"] = zones.draw(t, "timeZone")
	}
	for _, name := range []string{"maintenanceWindows", "businessHours"} {
		if rapid.Bool().Draw(t, name) {
			calendar[name] = []any{map[string]any{"days": []any{"Monday", "Sunday"}, "from": times.draw(t, "from"), "to": times.draw(t, "to")}}
		}
	}
	if rapid.Bool().Draw(t, "freezes") {
		calendar["freezes"] = []any{map[string]any{"from": dates.draw(t, "first day"), "to": dates.draw(t, "last day")}}
	}
	return calendar
}

// unchecked is the chart with neither its schema nor its sentences: what it
// renders from any values is for the kinds alone to judge.
func unchecked(t testing.TB) *chart.Chart {
	t.Helper()
	c := loadChart(t)
	c.Schema = nil
	for _, file := range c.Templates {
		if file.Name == "templates/_problems.tpl" {
			file.Data = []byte(`{{- define "sharing-tenant.checked" }}{{ end }}`)
			return c
		}
	}
	t.Fatal("the chart's sentences are not in templates/_problems.tpl")
	return nil
}

// TestTheChartTakesWhatTheKindsTake, and nothing else, for values of every kind.
// So nobody finds out from the API server, half way through a release, and
// nobody is refused by the chart alone.
func TestTheChartTakesWhatTheKindsTake(t *testing.T) {
	checked, plain, kinds := loadChart(t), unchecked(t), loadKinds(t)
	release := common.ReleaseOptions{Name: "justice", Namespace: "justice", IsInstall: true}
	taken, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		values := drawValues(t)
		files, err := render(checked, release, values)
		if problem := judge(plain, release, values, kinds); (err == nil) != (problem == nil) {
			t.Fatalf("the chart says %v\nthe kinds say %v\nof %v", err, problem, values)
		}
		if err != nil {
			refused++
			return
		}
		taken++
		unchanged(t, files, values)
	})
	t.Logf("%d values were taken, %d refused", taken, refused)
	if taken < 10 || refused < 10 {
		t.Errorf("%d values were taken and %d refused: too few of one to have compared", taken, refused)
	}
}

// judge is what the kinds say of values that nobody has looked at.
func judge(plain *chart.Chart, release common.ReleaseOptions, values map[string]any, kinds map[string]*kind) error {
	with, err := util.ToRenderValues(plain, values, release, nil)
	if err != nil {
		return err
	}
	files, err := engine.Render(plain, with)
	if err != nil {
		return err
	}
	for path := range files {
		if !strings.HasSuffix(path, ".yaml") || strings.Contains(path, "/tests/") {
			delete(files, path)
		}
	}
	all, err := objects(files)
	if err != nil {
		return err
	}
	return refuseAny(kinds, all)
}

// unchanged: what a person wrote is what the client's users read, to the letter.
func unchanged(t *rapid.T, files map[string]string, values map[string]any) {
	all, err := objects(files)
	if err != nil {
		t.Fatal(err)
	}
	asked := values["organization"].(map[string]any)
	for _, object := range all {
		if object["kind"] != "SharingTenant" {
			continue
		}
		got := object["spec"].(map[string]any)["organization"].(map[string]any)
		for _, name := range []string{"nameFr", "nameEn", "supportEmail"} {
			if got[name] != asked[name] {
				t.Errorf("%s is %q and has become %q", name, asked[name], got[name])
			}
		}
	}
}
