{{- /* The tenant's name: the release's, unless values say otherwise. */}}
{{- define "sharing-tenant.tenant" -}}
{{- .Values.tenantName | default .Release.Name -}}
{{- end }}

{{- define "sharing-tenant.policy" -}}
{{- .Values.retention.policyName | default (include "sharing-tenant.tenant" .) -}}
{{- end }}

{{- define "sharing-tenant.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: voute
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- /* The names of the environments that the client has, in their order. */}}
{{- define "sharing-tenant.environments" -}}
production{{ if (.Values.development).host }} development{{ end }}
{{- end }}

{{- /* An environment's address, of (list root host). */}}
{{- define "sharing-tenant.url" -}}
{{- $port := int64 ((index . 0).Values.httpsPort | default 443) -}}
https://{{ index . 1 }}{{ if ne $port 443 }}:{{ $port }}{{ end }}
{{- end }}
