package admission

import (
	"strings"
	"testing"

	"voute.dev/voute/test/apiserver"
)

// goodTenant has everything; its environments are written apart.
const (
	goodTenant = tenantHead + production + development

	tenantHead = `
apiVersion: sharing.voute.dev/v1alpha1
kind: SharingTenant
metadata:
  name: justice
  namespace: default
spec:
  organization:
    nameFr: Ministère de la Justice
    nameEn: Ministry of Justice
    supportEmail: aide@justice.example
    fraudContact: 1 800 555-0100
    logo: {name: branding, key: logo.svg}
  retentionPolicyRef: {name: courante}
  version: 1.4.0-rc.1
  environments:
`
	production = `  - name: production
    host: partage.justice.example
    certificate: {issuerRef: {name: voute-ca}}
    storage: {allocatedGB: 35, storageClassName: rapide}
`
	development = `  - name: development
    host: partage-dev.justice.example
    certificate: {secretName: justice-dev}
`
)

const goodPilot = `
apiVersion: sharing.voute.dev/v1alpha1
kind: Pilot
metadata:
  name: marie-tremblay
  namespace: default
spec:
  tenantRef: {name: justice}
  email: marie.o'brien+pilote@justice.example
  name: Marie-Ève O’Brien
`

const goodPolicy = `
apiVersion: sharing.voute.dev/v1alpha1
kind: RetentionPolicy
metadata:
  name: courante
  namespace: default
spec:
  defaultDays: 30
  maxDays: 90
`

const goodIntervention = `
apiVersion: sharing.voute.dev/v1alpha1
kind: Intervention
metadata:
  name: import
  namespace: default
spec:
  tenantRef: {name: justice}
  requestedBy: deleguee@justice.example
  description: Import of the regional offices' users
  hours: "1.25"
  doneOn: 2026-11-25
`

// sample is a good object with one thing changed, and what the API server answers.
type sample struct{ object, old, new, want string }

// refused are mistakes that a person can make, each with the sentence that helps.
var refused = map[string]sample{
	"no organization":           {goodTenant, "  organization:\n", "  organisation:\n", `unknown field "spec.organisation"`},
	"empty French name":         {goodTenant, "Ministère de la Justice", `""`, "spec.organization.nameFr in body should be at least 1 chars long"},
	"name of two lines":         {goodTenant, "nameEn: Ministry of Justice", `nameEn: "Ministry\nof Justice"`, `spec.organization.nameEn: Invalid value: "Ministry\nof Justice": write it on one line, without control characters`},
	"invisible byte-order mark": {goodTenant, "nameEn: Ministry of Justice", `nameEn: "\uFEFFMinistry"`, `nameEn: Invalid value: "\ufeffMinistry": write it on one line`},
	"name of a space":           {goodTenant, "Ministère de la Justice", `" "`, `spec.organization.nameFr: Invalid value: " ": write something that people can read: at least one letter or digit`},
	"name right to left":        {goodTenant, "nameEn: Ministry of Justice", `nameEn: "Ministry\u202Ecitsuj"`, "without control characters, also such as change the direction of text"},
	"name too long":             {goodTenant, "Ministry of Justice", strings.Repeat("x", 121), "spec.organization.nameEn: Too long: may not be more than 120"},
	"support with a name":       {goodTenant, "aide@justice.example", "Aide <aide@justice.example>", `spec.organization.supportEmail: Invalid value: "Aide <aide@justice.example>": write one mail address`},
	"support without @":         {goodTenant, "aide@justice.example", "aide.justice.example", "write one mail address, for example aide@justice.gouv.qc.ca"},
	"logo outside":              {goodTenant, "key: logo.svg", `key: "../logo.svg"`, `spec.organization.logo.key: Invalid value: "../logo.svg": a ConfigMap's key has letters`},
	"logo that is the folder":   {goodTenant, "key: logo.svg", `key: ".."`, "spec.organization.logo.key"},
	"no retention policy":       {goodTenant, "  retentionPolicyRef: {name: courante}\n", "", "spec.retentionPolicyRef: Required value"},
	"policy that cannot be":     {goodTenant, "{name: courante}", "{name: Courante}", `spec.retentionPolicyRef.name: Invalid value: "Courante": an object's name has lower-case letters`},
	"version latest":            {goodTenant, "1.4.0-rc.1", "latest", `spec.version: Invalid value: "latest": write a version like 1.4.0`},
	"version ending in a dash":  {goodTenant, "1.4.0-rc.1", "1.4.0-", "write a version like 1.4.0"},
	"no production":             {goodTenant, "name: production", "name: staging", `spec.environments[0].name: Unsupported value: "staging"`},
	"development alone":         {tenantHead + development, "", "", "spec.environments: Invalid value: a client always has a production environment; add one with its host"},
	"production twice":          {goodTenant, "name: development", "name: production", `spec.environments[1]: Duplicate value: {"name":"production"}`},
	"one host for both":         {goodTenant, "partage-dev.justice.example", "partage.justice.example", "spec.environments: Invalid value: each environment needs a host of its own: give one of them another, for example partage-dev.justice.gouv.qc.ca"},
	"host with a scheme":        {goodTenant, "host: partage.justice", "host: https://partage.justice", `spec.environments[0].host: Invalid value: "https://partage.justice.example": write a DNS name in lower case`},
	"host with a port":          {goodTenant, "partage.justice.example", "partage.justice.example:443", "without scheme, port or path"},
	"host in capitals":          {goodTenant, "partage.justice.example", "Partage.justice.example", "write a DNS name in lower case"},
	"host without a dot":        {goodTenant, "partage.justice.example", "partage", "write a DNS name in lower case"},
	"host that is an address":   {goodTenant, "partage.justice.example", "10.96.0.1", "spec.environments[0].host: Invalid value: \"10.96.0.1\": write a public name, for example partage.justice.gouv.qc.ca: an IP address or the name of a service inside the cluster cannot be a client's address"},
	"host of a Service":         {goodTenant, "partage.justice.example", "vault.vault.svc", "write a public name"},
	"host of a Service in full": {goodTenant, "partage.justice.example", "kubernetes.default.svc.cluster.local", "write a public name"},
	"host with a wildcard":      {goodTenant, "partage.justice.example", `"*.justice.example"`, "write a DNS name in lower case"},
	"host that ends in a dot":   {goodTenant, "partage.justice.example", "partage.justice.example.", "write a DNS name in lower case"},
	"host in letters with é":    {goodTenant, "partage.justice.example", "québec.example", "write a DNS name in lower case"},
	"label of 64 characters":    {goodTenant, "partage.justice.example", strings.Repeat("a", 64) + ".example", "write a DNS name in lower case"},
	"host of 254 characters":    {goodTenant, "partage.justice.example", strings.Repeat("a.", 123) + "example1", "spec.environments[0].host: Too long: may not be more than 253"},
	"another's certificate":     {goodTenant, "{secretName: justice-dev}", "{secretName: culture-production-tls}", "spec.environments[1].certificate.secretName: Invalid value: \"culture-production-tls\": names that end in -production-tls"},
	"two certificates":          {goodTenant, "{secretName: justice-dev}", "{secretName: justice-dev, issuerRef: {name: voute-ca}}", "spec.environments[1].certificate: Invalid value: name either issuerRef or secretName, and only one"},
	"a certificate's own name":  {goodTenant, "{secretName: justice-dev}", "{secretName: justice-development-tls}", "give the bought certificate's Secret another name"},
	"no certificate":            {goodTenant, "{secretName: justice-dev}", "{}", "spec.environments[1].certificate"},
	"issuer of another kind":    {goodTenant, "{name: voute-ca}", "{name: voute-ca, kind: AWSPCAIssuer}", `Unsupported value: "AWSPCAIssuer"`},
	"19 GB in production":       {goodTenant, "allocatedGB: 35", "allocatedGB: 19", "spec.environments[0]: Invalid value: storage.allocatedGB is at least 20 in production: the subscription includes 20 GB"},
	"half a GB":                 {goodTenant, "allocatedGB: 35", "allocatedGB: 35.5", "spec.environments[0].storage.allocatedGB"},
	"negative GB":               {goodTenant, "allocatedGB: 35", "allocatedGB: -1", "spec.environments[0].storage.allocatedGB"},
	"deletion policy":           {goodTenant, "  retentionPolicyRef", "  deletionPolicy: Delete\n  retentionPolicyRef", `supported values: "Retain", "Destroy"`},
	"name with a dot":           {goodTenant, "  name: justice\n  namespace", "  name: justice.qc\n  namespace", "metadata.name: choose a DNS label of at most 40 characters"},
	"name of 41 characters":     {goodTenant, "  name: justice\n  namespace", "  name: " + strings.Repeat("a", 41) + "\n  namespace", "metadata.name: choose a DNS label of at most 40 characters"},
	"name that begins with 1":   {goodTenant, "  name: justice\n  namespace", "  name: 1justice\n  namespace", "first a letter"},

	"pilot of nobody":          {goodPilot, "  tenantRef: {name: justice}\n", "", "spec.tenantRef: Required value"},
	"two addresses":            {goodPilot, "marie.o'brien+pilote@justice.example", "a@b.example,c@d.example", `spec.email: Invalid value: "a@b.example,c@d.example": write one mail address`},
	"mail header":              {goodPilot, "name: Marie-Ève O’Brien", `name: "Marie\r\nBcc: x@y.example"`, `spec.name: Invalid value: "Marie\r\nBcc: x@y.example": write it on one line`},
	"pilot of dashes":          {goodPilot, "name: Marie-Ève O’Brien", `name: "--"`, "spec.name: Invalid value: \"--\": write something that people can read"},
	"third language":           {goodPilot, "  email:", "  language: es\n  email:", `supported values: "fr", "en"`},
	"pilot without an address": {goodPilot, "  email: marie.o'brien+pilote@justice.example\n", "", "spec.email: Required value"},

	"a delegate by name":   {goodTenant, "  organization:\n", "  organization:\n    delegates: [Marie Tremblay]\n", "spec.organization.delegates[0]: Invalid value: \"Marie Tremblay\": write one mail address, for example deleguee@justice.gouv.qc.ca"},
	"an ending with a dot": {goodTenant, "spec:\n", "spec:\n  uploads: {blockedExtensions: [.exe]}\n", "spec.uploads.blockedExtensions[0]: Invalid value: \".exe\": write the ending of a name in lower case, without a dot before it, for example exe or tar.gz"},
	"no media type":        {goodTenant, "spec:\n", "spec:\n  uploads: {blockedTypes: [shell]}\n", "spec.uploads.blockedTypes[0]: Invalid value: \"shell\": write a media type in lower case, for example application/x-sh, or video/* for all of a family"},
	"a delegate twice":     {goodTenant, "  organization:\n", "  organization:\n    delegates: [a@b.example, a@b.example]\n", `spec.organization.delegates[1]: Duplicate value: "a@b.example"`},
	"a third of an hour":   {goodIntervention, `"1.25"`, `"0.33"`, `spec.hours: Invalid value: "0.33": write hours in steps of a quarter, for example "1.25"`},
	"no time at all":       {goodIntervention, `"1.25"`, `"0.00"`, `write hours in steps of a quarter`},
	"hours as a number":    {goodIntervention, `"1.25"`, `1.25`, `spec.hours: Invalid value: "number": spec.hours in body must be of type string`},
	"done without hours":   {goodIntervention, "  hours: \"1.25\"\n", "", `spec: Invalid value: write hours, for example "1.25": work that is done took some time`},
	"the 25th of November": {goodIntervention, "2026-11-25", "25-11-2026", `spec.doneOn: Invalid value: "25-11-2026": write a day like 2026-11-22`},
	"asked for by nobody":  {goodIntervention, "  requestedBy: deleguee@justice.example\n", "", "spec.requestedBy: Required value"},
	"work without a word":  {goodIntervention, "Import of the regional offices' users", `""`, "spec.description in body should be at least 1 chars long"},

	"default over maximum":  {goodPolicy, "defaultDays: 30", "defaultDays: 91", "spec: Invalid value: minDays is 1, defaultDays is 91, maxDays is 90: write them in rising order"},
	"minimum over default":  {goodPolicy, "defaultDays: 30", "defaultDays: 30\n  minDays: 31", "minDays is 31, defaultDays is 30, maxDays is 90: write them in rising order"},
	"no days":               {goodPolicy, "defaultDays: 30", "defaultDays: 0", "spec.defaultDays"},
	"eleven years":          {goodPolicy, "maxDays: 90", "maxDays: 4000", "spec.maxDays: Invalid value: 4000"},
	"journal too short":     {goodPolicy, "maxDays: 90", "maxDays: 90\n  journalDays: 89", "spec: Invalid value: journalDays is 89 and maxDays is 90: write a journalDays of at least maxDays, because the journal tells how each document came"},
	"bucket of a month":     {goodPolicy, "maxDays: 90", "maxDays: 90\n  bucket: Month", `spec.bucket: Unsupported value: "Month": supported values: "Day", "Week"`},
	"gone when downloaded":  {goodPolicy, "maxDays: 90", "maxDays: 90\n  afterLastDownload: Delete\n  afterLastDownloadDays: 0", "spec.afterLastDownloadDays: Invalid value: 0"},
	"download and archive":  {goodPolicy, "maxDays: 90", "maxDays: 90\n  afterLastDownload: Archive", `supported values: "Keep", "Delete"`},
	"shortening some":       {goodPolicy, "maxDays: 90", "maxDays: 90\n  applyShortening: ToSome", `supported values: "FromNowOn", "ToAll"`},
	"policy without a word": {goodPolicy, "  defaultDays: 30\n", "", "spec.defaultDays: Required value"},
}

// accepted are unusual, and right.
var accepted = map[string]sample{
	"the whole tenant":         {object: goodTenant},
	"production alone":         {object: tenantHead + production},
	"no storage":               {object: goodTenant, old: "    storage: {allocatedGB: 35, storageClassName: rapide}\n"},
	"20 GB":                    {object: goodTenant, old: "allocatedGB: 35", new: "allocatedGB: 20"},
	"1 GB in development":      {object: goodTenant, old: "{secretName: justice-dev}", new: "{secretName: justice-dev}\n    storage: {allocatedGB: 1}"},
	"longest name":             {object: goodTenant, old: "  name: justice\n  namespace", new: "  name: " + strings.Repeat("a", 40) + "\n  namespace"},
	"another script":           {object: goodTenant, old: "Ministry of Justice", new: "ᑯᐯᒃ ᓄᓇᕗᑦ"},
	"accents and quotes":       {object: goodTenant, old: "Ministry of Justice", new: `"L'« École » nationale — 100 %, œuvre d’été 🙂"`},
	"a host in another script": {object: goodTenant, old: "partage.justice.example", new: "xn--qubec-csa.example"},
	"the pilot":                {object: goodPilot},
	"the policy":               {object: goodPolicy},
	"work that is done":        {object: goodIntervention},
	"work that is not":         {object: goodIntervention, old: "  hours: \"1.25\"\n  doneOn: 2026-11-25\n"},
	"whole hours":              {object: goodIntervention, old: "1.25", new: "12"},
	"kinds of file":            {object: goodTenant, old: "spec:\n", new: "spec:\n  uploads: {blockedExtensions: [exe, tar.gz], blockedTypes: [application/x-sh, video/*]}\n"},
	"two delegates":            {object: goodTenant, old: "  organization:\n", new: "  organization:\n    delegates: [a@b.example, c@b.example]\n"},
	"longest host":             {object: goodTenant, old: "partage.justice.example", new: strings.Repeat("a.", 123) + "example"},
	"one letter for a label":   {object: goodTenant, old: "partage.justice.example", new: "a.qc"},
	"digits in front":          {object: goodTenant, old: "partage.justice.example", new: "0.1.example"},
	"one day only":             {object: goodPolicy, old: "defaultDays: 30\n  maxDays: 90", new: "defaultDays: 1\n  maxDays: 1"},
}

func (s sample) text(t *testing.T) string {
	t.Helper()
	if !strings.Contains(s.object, s.old) {
		t.Fatalf("the good object has no %q", s.old)
	}
	return strings.Replace(s.object, s.old, s.new, 1)
}

// TestAdmission asks a real API server, whose budget for rules counts.
func TestAdmission(t *testing.T) {
	server := apiserver.Start(t, "../../config/crd/bases")
	for name, test := range refused {
		t.Run("refused/"+name, func(t *testing.T) {
			_, err := server.Kubectl(t, test.text(t), "create", "--dry-run=server", "--validate=strict", "-f", "-")
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("the message lacks %q:\n%v", test.want, err)
			}
		})
	}
	for name, test := range accepted {
		t.Run("accepted/"+name, func(t *testing.T) {
			server.MustKubectl(t, test.text(t), "create", "--dry-run=server", "--validate=strict", "-f", "-")
		})
	}
	t.Run("a live object", func(t *testing.T) { testLive(t, server) })
	t.Run("an emergency", func(t *testing.T) { testEmergency(t, server) })
}
