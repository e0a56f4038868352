package tenant

import (
	"fmt"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
)

// TestBadValues: what cannot be is refused before anything reaches the API
// server, with the path of the value and what to write. Each is laid over the
// values of the typical client.
func TestBadValues(t *testing.T) {
	c := loadChart(t)
	for _, bad := range []struct{ values, want string }{
		// Shapes, refused by the schema.
		{`colour: blue`, "additional properties 'colour' not allowed"},
		{`organization: {nameES: x}`, "at '/organization': additional properties 'nameES' not allowed"},
		{`production: {hostname: x}`, "at '/production': additional properties 'hostname' not allowed"},
		{`organization: {delegates: deleguee@justice.example}`, "at '/organization/delegates': got string, want null or array"},
		{`organization: {delegates: [{email: deleguee@justice.example}]}`, "at '/organization/delegates/0': got object, want string"},
		{`organization: {delegates: [null]}`, "at '/organization/delegates/0': got null, want string"},
		{`organization: {delegates: [a@b.example, a@b.example]}`, "at '/organization/delegates': items at 0 and 1 are equal"},
		{`organization: {delegates: [` + delegates(21) + `]}`, "at '/organization/delegates': maxItems: got 21, want 20"},
		{`uploads: {blockedExtensions: exe}`, "at '/uploads/blockedExtensions': got string, want null or array"},
		{`uploads: {blockedTypes: [a/b, a/b]}`, "at '/uploads/blockedTypes': items at 0 and 1 are equal"},
		{`production: {allocatedGB: 19}`, "at '/production/allocatedGB': minimum: got 19, want 20"},
		{`production: {allocatedGB: 20.5}`, "at '/production/allocatedGB': got number, want null or integer"},
		{`production: {allocatedGB: "35"}`, "at '/production/allocatedGB': got string, want null or integer"},
		{`production: {allocatedGB: 100001}`, "at '/production/allocatedGB': maximum: got 100,001, want 100,000"},
		{`development: {allocatedGB: 0}`, "at '/development/allocatedGB': minimum: got 0, want 1"},
		{`retention: {maxDays: 3651}`, "at '/retention/maxDays': maximum: got 3,651, want 3,650"},
		{`retention: {minDays: 0}`, "at '/retention/minDays': minimum: got 0, want 1"},
		{`retention: {bucket: Month}`, "at '/retention/bucket': value must be one of 'Day', 'Week', <nil>"},
		{`retention: {afterLastDownload: Archive}`, "at '/retention/afterLastDownload': value must be one of 'Keep', 'Delete', <nil>"},
		{`retention: {afterLastDownloadDays: 0}`, "at '/retention/afterLastDownloadDays': minimum: got 0, want 1"},
		{`retention: {applyShortening: All}`, "at '/retention/applyShortening': value must be one of 'FromNowOn', 'ToAll', <nil>"},
		{`retention: {senderMayChoose: "no"}`, "at '/retention/senderMayChoose': got string, want null or boolean"},
		{`pilots: {marie-tremblay: {language: es}}`, "at '/pilots/marie-tremblay/language': value must be one of 'fr', 'en', <nil>"},
		{`pilots: {paul: {name: Paul}}`, "at '/pilots/paul': missing property 'email'"},
		{`pilots: {paul: true}`, "at '/pilots/paul': got boolean, want null or object"},
		{`pilots: [{name: Paul}]`, "at '/pilots': got array, want null or object"},
		{`version: 1.4`, "at '/version': got number, want null or string"},
		{`deletionPolicy: Forget`, "at '/deletionPolicy': value must be one of 'Retain', 'Destroy', <nil>"},
		{`certificate: {issuerKind: Vault}`, "at '/certificate/issuerKind': value must be one of 'Issuer', 'ClusterIssuer', <nil>"},
		{`calendar: {maintenanceWindows: []}`, "at '/calendar/maintenanceWindows': minItems: got 0, want 1"},
		{`calendar: {businessHours: [{days: [Lundi], from: "08:00", to: "09:00"}]}`, "at '/calendar/businessHours/0/days/0': value must be one of 'Monday'"},
		{`calendar: {businessHours: [{days: [Monday, Monday], from: "08:00", to: "09:00"}]}`, "at '/calendar/businessHours/0/days': items at 0 and 1 are equal"},
		{`calendar: {freezes: [{from: "2026-02-30", to: "2026-03-01"}]}`, "at '/calendar/freezes/0/from': '2026-02-30' is not valid date"},
		{`httpsPort: 65536`, "at '/httpsPort': maximum: got 65,536, want 65,535"},
		{`suspend: "yes"`, "at '/suspend': got string, want null or boolean"},

		// Meanings, refused by the templates.
		{`organization: {nameFr: ""}`, "- organization.nameFr: is missing: write it, for example Ministère de la Justice"},
		{`organization: {nameEn: null}`, "at '/organization': missing property 'nameEn'"},
		{`organization: {nameEn: ""}`, "- organization.nameEn: is missing: write it, for example Ministry of Justice"},
		{`organization: {nameFr: "— !"}`, "- organization.nameFr: write something that people can read: at least one letter or digit"},
		{`organization: {nameFr: "a\nb"}`, "- organization.nameFr: write it on one line"},
		{`organization: {nameEn: "a\u202eb"}`, "- organization.nameEn: write it on one line"},
		{`organization: {supportEmail: "Aide <aide@justice.example>"}`, `- organization.supportEmail: "Aide <aide@justice.example>" is not one mail address`},
		{`organization: {supportEmail: ""}`, "- organization.supportEmail: is missing"},
		{`organization: {delegates: [deleguee@justice.example, "Ann <ann@justice.example>"]}`, `- organization.delegates[1]: "Ann <ann@justice.example>" is not one mail address: write it like`},
		{`organization: {delegates: ["a@b.example, c@d.example"]}`, `- organization.delegates[0]: "a@b.example, c@d.example" is not one mail address`},
		{`organization: {delegates: ["a@b.example\nx: y"]}`, "- organization.delegates[0]: "},
		{`organization: {delegates: [""]}`, "- organization.delegates[0]: is missing: write one mail address"},
		{`organization: {fraudContact: "91"}`, "- organization.fraudContact: write a mail address or a telephone number"},
		{`organization: {logo: {name: images}}`, "- organization.logo: write both"},
		{`organization: {logo: {name: Images, key: x}}`, `- organization.logo.name: "Images" names no object`},
		{`organization: {logo: {name: images, key: ../x}}`, `- organization.logo.key: "../x" is no key`},
		{`uploads: {blockedExtensions: [exe, .EXE]}`, `- uploads.blockedExtensions[1]: ".EXE" is no ending of a name: write it in lower case, without a dot`},
		{`uploads: {blockedExtensions: [""]}`, `- uploads.blockedExtensions[0]: "" is no ending of a name`},
		{`uploads: {blockedTypes: [shell]}`, `- uploads.blockedTypes[0]: "shell" is no media type: write it in lower case, for example application/x-sh`},
		{`production: {host: ""}`, "- production.host: is missing"},
		{`production: {host: "https://partage.justice.example"}`, `- production.host: "https://partage.justice.example" is not a DNS name in lower case`},
		{`production: {host: partage}`, `- production.host: "partage" is not a DNS name`},
		{`production: {host: a.b}`, `- production.host: "a.b" is not a DNS name`},
		{`production: {host: 10.0.0.1}`, `- production.host: "10.0.0.1" is an IP address or a name inside the cluster`},
		{`development: {host: web.justice.svc}`, `- development.host: "web.justice.svc" is an IP address or a name inside the cluster`},
		{`development: {host: partage.justice.example}`, "- development.host: is production's too"},
		{`development: {host: "", allocatedGB: 5}`, "- development.host: is missing: write one, or leave development out"},
		{`production: {storageClassName: Fast}`, `- production.storageClassName: "Fast" names no object`},
		{`production: {certificateSecret: justice-production-tls}`, `- production.certificateSecret: "justice-production-tls" is a name of issued certificates`},
		{`certificate: {issuer: ""}`, "- production.certificateSecret: this address has no certificate: name the cert-manager issuer"},
		{`certificate: {issuer: gouv_ca}`, `- certificate.issuer: "gouv_ca" names no object`},
		{`retention: {defaultDays: null}`, "at '/retention': missing property 'defaultDays'"},
		{`retention: {defaultDays: 91}`, "- retention: minDays is 1, defaultDays is 91, maxDays is 90: write them in rising order"},
		{`retention: {minDays: 31}`, "- retention: minDays is 31, defaultDays is 30, maxDays is 90"},
		{`retention: {journalDays: 89}`, "- retention.journalDays: is 89 and maxDays is 90: write at least maxDays"},
		{`pilots: {marie-tremblay: null, john-smith: null}`, "- pilots: the client has none: name at least one"},
		{`pilots: {Marie: {name: M, email: m@justice.example}}`, "- pilots.Marie: its key cannot name a Pilot"},
		{`pilots: {m: {name: M, email: m}}`, `- pilots.m.email: "m" is not one mail address`},
		{`pilots: {m: {name: " ", email: m@justice.example}}`, "- pilots.m.name: write something that people can read"},
		{`pilots: {m: {name: M, email: MARIE.tremblay@justice.example}}`, "- pilots.marie-tremblay.email: is that of pilots.m too"},
		{`version: v1.4.0`, `- version: "v1.4.0" is not a version: write one like 1.4.0`},
		{`calendar: {timeZone: montreal}`, `- calendar.timeZone: "montreal" is not an IANA time zone`},
		{`calendar: {maintenanceWindows: [{days: [Sunday], from: "6:00", to: "25:00"}]}`, `- calendar.maintenanceWindows[0].from: "6:00" is not a time of day`},
		{`calendar: {maintenanceWindows: [{days: [Sunday], from: "06:00", to: "25:00"}]}`, `- calendar.maintenanceWindows[0].to: "25:00" is not a time of day`},
		{`calendar: {businessHours: [{days: [Sunday], from: "06:00", to: "06:00"}]}`, "- calendar.businessHours[0]: it ends when it begins"},
		{`calendar: {freezes: [{from: "2026-03-02", to: "2026-03-01"}]}`, "- calendar.freezes[0]: it ends on 2026-03-01, before it begins on 2026-03-02"},
		{`calendar: {freezes: [{from: "2099-01-01", to: "2100-01-01"}]}`, "- calendar.freezes[0]: it ends after the year 2099"},
		{`tenantName: Justice`, `- tenantName: "Justice" cannot name a tenant`},
		{`tenantName: ` + strings.Repeat("a", 41), "- tenantName:"},
		{`test: {connectTo: {production: justice}}`, `- test.connectTo.production: "justice" is not host:port`},
		{`test: {ca: {configMap: a, secret: b}}`, "- test.ca: names a configMap and a secret"},
		{`test: {ca: {secret: a, key: a/b}}`, `- test.ca.key: "a/b" is no key`},
		{`test: {imagePullSecrets: [A]}`, `- test.imagePullSecrets[0]: "A" names no object`},
	} {
		over := util.CoalesceTables(parse[map[string]any](t, []byte(bad.values)), values(t, "ministry"))
		_, err := render(c, cases["ministry"], over)
		if err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%s\n  is answered with %v\n  want: %s", bad.values, err, bad.want)
		}
	}
}

// delegates are some of a list, each with an address of their own.
func delegates(many int) string {
	all := make([]string, 0, many)
	for i := range many {
		all = append(all, fmt.Sprintf("deleguee-%d@justice.example", i))
	}
	return strings.Join(all, ", ")
}

// TestReleaseName: the release's name is the tenant's, and cannot always be.
func TestReleaseName(t *testing.T) {
	c := loadChart(t)
	for _, name := range []string{"2justice", "justice.prod", strings.Repeat("a", 41)} {
		_, err := render(c, common.ReleaseOptions{Name: name, Namespace: "justice"}, values(t, "smallest"))
		if want := fmt.Sprintf("%q cannot name a tenant: give the release another name, or set tenantName", name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("release %s: %v; want %s", name, err, want)
		}
	}
}

// TestNothingSaid: a file that says nothing is told all that is missing.
func TestNothingSaid(t *testing.T) {
	_, err := render(loadChart(t), cases["smallest"], nil)
	if err == nil {
		t.Fatal("a client without values is taken")
	}
	for _, want := range []string{"'/organization': missing properties 'nameFr', 'nameEn', 'supportEmail'", "'/production': missing property 'host'", "'/retention': missing properties 'defaultDays', 'maxDays'"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it does not say %s: %v", want, err)
		}
	}
}

// TestAllAtOnce: whoever mends values is told of all mistakes, not of the first.
func TestAllAtOnce(t *testing.T) {
	bad := parse[map[string]any](t, []byte(`{organization: {nameFr: ""}, production: {host: x}, retention: {maxDays: 1}, version: x}`))
	_, err := render(loadChart(t), cases["ministry"], util.CoalesceTables(bad, values(t, "ministry")))
	if err == nil {
		t.Fatal("it is taken")
	}
	for _, path := range []string{"organization.nameFr", "production.host", "retention", "version"} {
		if !strings.Contains(err.Error(), "\n- "+path+": ") {
			t.Errorf("%s is not named in: %v", path, err)
		}
	}
}
