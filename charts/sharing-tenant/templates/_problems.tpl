{{- /*
What a JSON schema can only refuse by quoting a pattern is refused here, in a
sentence, and all of it at once. The patterns are those of the kinds; a test
compares the two. Each template below gives a line for each problem, or nothing.
*/}}

{{- define "sharing-tenant.checked" -}}
{{- $problems := include "sharing-tenant.problems" . -}}
{{- if $problems }}{{ fail (printf "release %s of chart %s cannot be as its values say:%s" .Release.Name .Chart.Name $problems) }}{{ end -}}
{{- end }}

{{- define "sharing-tenant.problems" -}}
{{- include "sharing-tenant.problems.name" . -}}
{{- include "sharing-tenant.problems.organization" .Values.organization -}}
{{- include "sharing-tenant.problems.addresses" . -}}
{{- include "sharing-tenant.problems.retention" .Values.retention -}}
{{- include "sharing-tenant.problems.pilots" .Values.pilots -}}
{{- include "sharing-tenant.problems.version" .Values.version -}}
{{- include "sharing-tenant.problems.calendar" (.Values.calendar | default dict) -}}
{{- include "sharing-tenant.problems.uploads" (.Values.uploads | default dict) -}}
{{- include "sharing-tenant.problems.test" . -}}
{{- end }}

{{- define "sharing-tenant.problem" }}
- {{ index . 0 }}: {{ index . 1 }}
{{- end }}

{{- /* A line of text for people, of (list path text example). */}}
{{- define "sharing-tenant.problems.text" -}}
{{- $path := index . 0 }}{{ $text := index . 1 | default "" -}}
{{- if not $text -}}
{{- include "sharing-tenant.problem" (list $path (printf "is missing: write it, for example %s" (index . 2))) -}}
{{- else if regexMatch `[\p{Cc}\p{Zl}\p{Zp}\x{202A}-\x{202E}\x{2066}-\x{2069}\x{FEFF}\x{FFFE}\x{FFFF}]` $text -}}
{{- include "sharing-tenant.problem" (list $path "write it on one line, without control characters, also such as change the direction of text") -}}
{{- else if not (regexMatch `[\p{L}\p{N}]` $text) -}}
{{- include "sharing-tenant.problem" (list $path "write something that people can read: at least one letter or digit") -}}
{{- end -}}
{{- end }}

{{- /* One mail address, of (list path address). */}}
{{- define "sharing-tenant.problems.mail" -}}
{{- if not (index . 1) -}}
{{- include "sharing-tenant.problem" (list (index . 0) "is missing: write one mail address, for example aide@justice.gouv.qc.ca") -}}
{{- else if not (regexMatch `^[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+)*@([A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?$` (index . 1)) -}}
{{- include "sharing-tenant.problem" (list (index . 0) (printf "%q is not one mail address: write it like aide@justice.gouv.qc.ca, without a name beside it" (index . 1))) -}}
{{- end -}}
{{- end }}

{{- define "sharing-tenant.problems.uploads" -}}
{{- range $index, $ending := .blockedExtensions -}}
{{- if not (regexMatch `^[a-z0-9_+-]+(\.[a-z0-9_+-]+)*$` $ending) -}}
{{- include "sharing-tenant.problem" (list (printf "uploads.blockedExtensions[%d]" $index) (printf "%q is no ending of a name: write it in lower case, without a dot before it, for example exe or tar.gz" $ending)) -}}
{{- end -}}
{{- end -}}
{{- range $index, $type := .blockedTypes -}}
{{- if not (regexMatch `^[a-z0-9-]+/([a-z0-9.+-]+|[*])$` $type) -}}
{{- include "sharing-tenant.problem" (list (printf "uploads.blockedTypes[%d]" $index) (printf "%q is no media type: write it in lower case, for example application/x-sh, or video/* for all of a family" $type)) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- /* The name of an object, of (list path name); empty is none. */}}
{{- define "sharing-tenant.problems.object" -}}
{{- if and (index . 1) (not (regexMatch `^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$` (index . 1))) -}}
{{- include "sharing-tenant.problem" (list (index . 0) (printf "%q names no object: a name has lower-case letters, digits, - and . only" (index . 1))) -}}
{{- end -}}
{{- end }}

{{- define "sharing-tenant.problems.name" -}}
{{- $name := include "sharing-tenant.tenant" . -}}
{{- if not (regexMatch `^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$` $name) -}}
{{- include "sharing-tenant.problem" (list "tenantName" (printf "%q cannot name a tenant: give the release another name, or set tenantName, to at most 40 of a-z, 0-9 and -, first a letter: it names Services, volumes and keys" $name)) -}}
{{- end -}}
{{- if .Release.IsUpgrade }}{{ include "sharing-tenant.problems.renamed" (list . $name) }}{{ end -}}
{{- end }}

{{- /* A tenant of another name would be a new one, with an empty vault. */}}
{{- define "sharing-tenant.problems.renamed" -}}
{{- $root := index . 0 }}{{ $name := index . 1 -}}
{{- range (lookup "sharing.voute.dev/v1alpha1" "SharingTenant" $root.Release.Namespace "").items -}}
{{- $owner := index (.metadata.annotations | default dict) "meta.helm.sh/release-name" -}}
{{- if and (eq (default "" $owner) $root.Release.Name) (ne .metadata.name $name) -}}
{{- include "sharing-tenant.problem" (list "tenantName" (printf "cannot change from %s to %s, whose vault would be another, and empty: put %s back, or install another release" .metadata.name $name .metadata.name)) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "sharing-tenant.problems.organization" -}}
{{- include "sharing-tenant.problems.text" (list "organization.nameFr" .nameFr "Ministère de la Justice") -}}
{{- include "sharing-tenant.problems.text" (list "organization.nameEn" .nameEn "Ministry of Justice") -}}
{{- include "sharing-tenant.problems.mail" (list "organization.supportEmail" .supportEmail) -}}
{{- with .fraudContact -}}
{{- include "sharing-tenant.problems.text" (list "organization.fraudContact" . "fraude@justice.gouv.qc.ca") -}}
{{- if lt (len .) 3 }}{{ include "sharing-tenant.problem" (list "organization.fraudContact" "write a mail address or a telephone number: it has at least 3 characters") }}{{ end -}}
{{- end -}}
{{- range $index, $delegate := .delegates -}}
{{- include "sharing-tenant.problems.mail" (list (printf "organization.delegates[%d]" $index) $delegate) -}}
{{- end -}}
{{- $logo := .logo | default dict -}}
{{- if ne (empty $logo.name) (empty $logo.key) -}}
{{- include "sharing-tenant.problem" (list "organization.logo" "write both, name for the ConfigMap and key for the entry in it, or neither") -}}
{{- end -}}
{{- include "sharing-tenant.problems.object" (list "organization.logo.name" $logo.name) -}}
{{- include "sharing-tenant.problems.key" (list "organization.logo.key" $logo.key) -}}
{{- end }}

{{- /* The key of a ConfigMap, of (list path key); empty is none. */}}
{{- define "sharing-tenant.problems.key" -}}
{{- $key := index . 1 -}}
{{- if and $key (or (not (regexMatch `^[-._a-zA-Z0-9]+$` $key)) (eq $key ".") (hasPrefix ".." $key)) -}}
{{- include "sharing-tenant.problem" (list (index . 0) (printf "%q is no key: it has letters, digits, -, _ and . only" $key)) -}}
{{- end -}}
{{- end }}

{{- define "sharing-tenant.problems.addresses" -}}
{{- $development := .Values.development | default dict -}}
{{- $certificate := .Values.certificate | default dict -}}
{{- include "sharing-tenant.problems.environment" (list "production" .Values.production $certificate) -}}
{{- if $development.host -}}
{{- include "sharing-tenant.problems.environment" (list "development" $development $certificate) -}}
{{- if eq (.Values.production.host | default "") $development.host -}}
{{- include "sharing-tenant.problem" (list "development.host" "is production's too: give it another, for example partage-dev.justice.gouv.qc.ca") -}}
{{- end -}}
{{- else if or $development.allocatedGB $development.storageClassName $development.certificateSecret -}}
{{- include "sharing-tenant.problem" (list "development.host" "is missing: write one, or leave development out") -}}
{{- end -}}
{{- include "sharing-tenant.problems.object" (list "certificate.issuer" $certificate.issuer) -}}
{{- end }}

{{- /* One address, of (list name values certificate). */}}
{{- define "sharing-tenant.problems.environment" -}}
{{- $name := index . 0 }}{{ $environment := index . 1 }}{{ $host := $environment.host -}}
{{- $path := printf "%s.host" $name -}}
{{- if not $host -}}
{{- include "sharing-tenant.problem" (list $path "is missing: write the address's DNS name, for example partage.justice.gouv.qc.ca") -}}
{{- else if or (lt (len $host) 4) (not (regexMatch `^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$` $host)) -}}
{{- include "sharing-tenant.problem" (list $path (printf "%q is not a DNS name in lower case: write it like partage.justice.gouv.qc.ca, without scheme, port or path" $host)) -}}
{{- else if regexMatch `\.([0-9]+|svc|cluster\.local)$` $host -}}
{{- include "sharing-tenant.problem" (list $path (printf "%q is an IP address or a name inside the cluster: write a public name, for example partage.justice.gouv.qc.ca" $host)) -}}
{{- end -}}
{{- include "sharing-tenant.problems.object" (list (printf "%s.storageClassName" $name) $environment.storageClassName) -}}
{{- include "sharing-tenant.problems.certificate" (list (printf "%s.certificateSecret" $name) $environment.certificateSecret (index . 2)) -}}
{{- end }}

{{- /* Where a certificate comes from, of (list path secret certificate). */}}
{{- define "sharing-tenant.problems.certificate" -}}
{{- $path := index . 0 }}{{ $secret := index . 1 -}}
{{- if $secret -}}
{{- include "sharing-tenant.problems.object" (list $path $secret) -}}
{{- if regexMatch `-(production|development)-(tls|scan)$` $secret -}}
{{- include "sharing-tenant.problem" (list $path (printf "%q is a name of issued certificates, which are overwritten and removed: give the bought certificate's Secret another" $secret)) -}}
{{- end -}}
{{- else if not (index . 2).issuer -}}
{{- include "sharing-tenant.problem" (list $path "this address has no certificate: name the cert-manager issuer in certificate.issuer, or here the Secret of a certificate that was bought") -}}
{{- end -}}
{{- end }}

{{- define "sharing-tenant.problems.retention" -}}
{{- range list "defaultDays" "maxDays" -}}
{{- if not (get $ .) -}}
{{- include "sharing-tenant.problem" (list (printf "retention.%s" .) "is missing: each client has to say how many days its documents stay") -}}
{{- end -}}
{{- end -}}
{{- $min := int64 (.minDays | default 1) }}{{ $days := int64 .defaultDays }}{{ $max := int64 .maxDays -}}
{{- if and $days $max (or (gt $min $days) (gt $days $max)) -}}
{{- include "sharing-tenant.problem" (list "retention" (printf "minDays is %d, defaultDays is %d, maxDays is %d: write them in rising order" $min $days $max)) -}}
{{- end -}}
{{- $journal := int64 (.journalDays | default 3650) -}}
{{- if lt $journal $max -}}
{{- include "sharing-tenant.problem" (list "retention.journalDays" (printf "is %d and maxDays is %d: write at least maxDays, because the journal tells how each document came" $journal $max)) -}}
{{- end -}}
{{- include "sharing-tenant.problems.object" (list "retention.policyName" .policyName) -}}
{{- end }}

{{- /* A pilot without anything is one that a later file has taken out. */}}
{{- define "sharing-tenant.problems.pilots" -}}
{{- $seen := dict }}{{ $left := dict -}}
{{- range $key, $pilot := . -}}
{{- if $pilot -}}
{{- $_ := set $left $key $pilot -}}
{{- include "sharing-tenant.problems.pilot" (list $key $pilot $seen) -}}
{{- end -}}
{{- end -}}
{{- if not $left -}}
{{- include "sharing-tenant.problem" (list "pilots" "the client has none: name at least one, or nobody could administer its users and the address stays closed") -}}
{{- end -}}
{{- end }}

{{- /* One pilot, of (list key values seen); seen has whose each address is. */}}
{{- define "sharing-tenant.problems.pilot" -}}
{{- $key := index . 0 }}{{ $pilot := index . 1 }}{{ $seen := index . 2 -}}
{{- $path := printf "pilots.%s" $key -}}
{{- if or (gt (len $key) 63) (not (regexMatch `^[a-z0-9]([-a-z0-9]*[a-z0-9])?$` $key)) -}}
{{- include "sharing-tenant.problem" (list $path "its key cannot name a Pilot: write at most 63 of a-z, 0-9 and -, for example marie-tremblay") -}}
{{- end -}}
{{- include "sharing-tenant.problems.text" (list (printf "%s.name" $path) $pilot.name "Marie Tremblay") -}}
{{- include "sharing-tenant.problems.mail" (list (printf "%s.email" $path) $pilot.email) -}}
{{- $email := lower ($pilot.email | default "") -}}
{{- if and $email (hasKey $seen $email) -}}
{{- include "sharing-tenant.problem" (list (printf "%s.email" $path) (printf "is that of pilots.%s too: each pilot needs an address of their own" (get $seen $email))) -}}
{{- end -}}
{{- $_ := set $seen $email $key -}}
{{- end }}

{{- define "sharing-tenant.problems.version" -}}
{{- if and . (not (regexMatch `^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z]+([.-][0-9A-Za-z]+)*)?$` .)) -}}
{{- include "sharing-tenant.problem" (list "version" (printf "%q is not a version: write one like 1.4.0, or leave it out for the platform's" .)) -}}
{{- end -}}
{{- end }}

{{- define "sharing-tenant.problems.calendar" -}}
{{- if and .timeZone (not (regexMatch `^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$` .timeZone)) -}}
{{- include "sharing-tenant.problem" (list "calendar.timeZone" (printf "%q is not an IANA time zone: write one such as America/Toronto" .timeZone)) -}}
{{- end -}}
{{- range $index, $window := .maintenanceWindows -}}
{{- include "sharing-tenant.problems.window" (list (printf "calendar.maintenanceWindows[%d]" $index) $window) -}}
{{- end -}}
{{- range $index, $window := .businessHours -}}
{{- include "sharing-tenant.problems.window" (list (printf "calendar.businessHours[%d]" $index) $window) -}}
{{- end -}}
{{- range $index, $freeze := .freezes -}}
{{- include "sharing-tenant.problems.freeze" (list (printf "calendar.freezes[%d]" $index) $freeze) -}}
{{- end -}}
{{- end }}

{{- /* A time of the week, of (list path window). */}}
{{- define "sharing-tenant.problems.window" -}}
{{- $path := index . 0 }}{{ $from := (index . 1).from }}{{ $to := (index . 1).to -}}
{{- if not (regexMatch `^([01][0-9]|2[0-3]):[0-5][0-9]$` $from) -}}
{{- include "sharing-tenant.problem" (list (printf "%s.from" $path) (printf "%q is not a time of day from 00:00 to 23:59" $from)) -}}
{{- end -}}
{{- if not (regexMatch `^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$` $to) -}}
{{- include "sharing-tenant.problem" (list (printf "%s.to" $path) (printf "%q is not a time of day from 00:01 to 24:00" $to)) -}}
{{- end -}}
{{- if eq $from $to -}}
{{- include "sharing-tenant.problem" (list $path "it ends when it begins, and is never open: write 00:00 and 24:00 for a whole day") -}}
{{- end -}}
{{- end }}

{{- /* Whole days, of (list path freeze); the schema knows that both are dates. */}}
{{- define "sharing-tenant.problems.freeze" -}}
{{- $path := index . 0 }}{{ $from := (index . 1).from }}{{ $to := (index . 1).to -}}
{{- if gt $from $to -}}
{{- include "sharing-tenant.problem" (list $path (printf "it ends on %s, before it begins on %s" $to $from)) -}}
{{- end -}}
{{- if ge $to "2100-01-01" -}}
{{- include "sharing-tenant.problem" (list $path "it ends after the year 2099: set suspend instead") -}}
{{- end -}}
{{- end }}

{{- define "sharing-tenant.problems.test" -}}
{{- $test := .Values.test | default dict }}{{ $ca := $test.ca | default dict -}}
{{- range $name, $target := $test.connectTo -}}
{{- if and $target (not (regexMatch `^([-a-zA-Z0-9.]+|\[[0-9a-fA-F:.]+\]):[0-9]{1,5}$` $target)) -}}
{{- include "sharing-tenant.problem" (list (printf "test.connectTo.%s" $name) (printf "%q is not host:port: write it like justice-production.justice.svc:443" $target)) -}}
{{- end -}}
{{- end -}}
{{- if and $ca.configMap $ca.secret -}}
{{- include "sharing-tenant.problem" (list "test.ca" "names a configMap and a secret: leave one of them out") -}}
{{- end -}}
{{- include "sharing-tenant.problems.object" (list "test.ca.configMap" $ca.configMap) -}}
{{- include "sharing-tenant.problems.object" (list "test.ca.secret" $ca.secret) -}}
{{- include "sharing-tenant.problems.key" (list "test.ca.key" $ca.key) -}}
{{- range $index, $name := $test.imagePullSecrets -}}
{{- include "sharing-tenant.problems.object" (list (printf "test.imagePullSecrets[%d]" $index) $name) -}}
{{- end -}}
{{- end }}
