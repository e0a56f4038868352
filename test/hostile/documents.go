package hostile

import "sigs.k8s.io/yaml"

// documents are good objects that together have every field of a kind. Which of
// two certificates an environment has excludes the other, so that there are two
// tenants; work that is done took hours, so that there are two interventions. NAME in them is for the caller to replace, as is NAMESPACE.
var documents = map[string][]string{
	"SharingTenant": {`
apiVersion: sharing.voute.dev/v1alpha1
kind: SharingTenant
metadata: {name: NAME, namespace: NAMESPACE}
spec:
  organization:
    nameFr: Ministère
    nameEn: Ministry
    supportEmail: aide@NAME.example
    fraudContact: 1 800 555-0100
    delegates: [delegue@personne.example]
    logo: {name: branding, key: logo.svg}
  retentionPolicyRef: {name: courante}
  version: 0.1.0
  deletionPolicy: Retain
  suspend: false
  uploads: {blockedExtensions: [exe, tar.gz], blockedTypes: [application/x-sh, video/*]}
  calendar:
    timeZone: America/Toronto
    maintenanceWindows: [{days: [Wednesday], from: "05:00", to: "07:00"}]
    businessHours: [{days: [Monday], from: "08:30", to: "16:30"}]
    freezes: [{from: "2027-12-14", to: "2028-01-05"}]
  environments:
  - name: production
    host: partage.NAME.NAMESPACE.example
    certificate: {issuerRef: {name: voute-ca, kind: ClusterIssuer}}
    storage: {allocatedGB: 35, storageClassName: voute-local}
`, `
apiVersion: sharing.voute.dev/v1alpha1
kind: SharingTenant
metadata: {name: NAME, namespace: NAMESPACE}
spec:
  organization: {nameFr: Ministère, nameEn: Ministry, supportEmail: aide@NAME.example}
  retentionPolicyRef: {name: courante}
  environments:
  - name: production
    host: partage.NAME.NAMESPACE.example
    certificate: {secretName: bought}
`},
	"Pilot": {`
apiVersion: sharing.voute.dev/v1alpha1
kind: Pilot
metadata: {name: NAME, namespace: NAMESPACE}
spec:
  tenantRef: {name: justice}
  email: NAME@personne.example
  name: Personne Discrète
  language: fr
`},
	"Intervention": {`
apiVersion: sharing.voute.dev/v1alpha1
kind: Intervention
metadata: {name: NAME, namespace: NAMESPACE}
spec:
  tenantRef: {name: justice}
  requestedBy: delegue@personne.example
  description: Import of users
  hours: "1.25"
  billable: true
`, `
apiVersion: sharing.voute.dev/v1alpha1
kind: Intervention
metadata: {name: NAME, namespace: NAMESPACE}
spec:
  tenantRef: {name: justice}
  requestedBy: delegue@personne.example
  description: Import of users
  hours: "1.25"
  doneOn: "2026-11-01"
`},
	"RetentionPolicy": {`
apiVersion: sharing.voute.dev/v1alpha1
kind: RetentionPolicy
metadata: {name: NAME, namespace: NAMESPACE}
spec: {defaultDays: 30, minDays: 1, maxDays: 90}
`, `
apiVersion: sharing.voute.dev/v1alpha1
kind: RetentionPolicy
metadata: {name: NAME, namespace: NAMESPACE}
spec:
  defaultDays: 30
  minDays: 1
  maxDays: 90
  senderMayChoose: false
  afterLastDownload: Delete
  afterLastDownloadDays: 7
  journalDays: 730
  bucket: Week
  applyShortening: ToAll
`},
}

// Documents gives the good documents of a kind.
func (k *Kind) Documents() ([]map[string]any, error) {
	var all []map[string]any
	for _, text := range documents[k.Name] {
		var document map[string]any
		if err := yaml.Unmarshal([]byte(text), &document); err != nil {
			return nil, err
		}
		all = append(all, document)
	}
	return all, nil
}
