{{- /* What identifies the operator's pods. Servers let in whoever carries it: see internal/desired. */ -}}
{{- define "voute-operator.selector" -}}
app.kubernetes.io/name: voute-operator
{{- end }}

{{- define "voute-operator.podLabels" -}}
{{ include "voute-operator.selector" . }}
app.kubernetes.io/component: operator
app.kubernetes.io/part-of: voute
{{- end }}

{{- define "voute-operator.labels" -}}
{{ include "voute-operator.podLabels" . }}
{{ include "voute-operator.release" . }}
{{- end }}

{{- define "voute-clamd.selector" -}}
app.kubernetes.io/name: voute-clamd
{{- end }}

{{- define "voute-clamd.podLabels" -}}
{{ include "voute-clamd.selector" . }}
app.kubernetes.io/component: antivirus
app.kubernetes.io/part-of: voute
{{- end }}

{{- define "voute-clamd.labels" -}}
{{ include "voute-clamd.podLabels" . }}
{{ include "voute-operator.release" . }}
{{- end }}

{{- /* Helm's own labels. */ -}}
{{- define "voute-operator.release" -}}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end }}

{{- /* An image with its digest where one is given, else with its tag. */ -}}
{{- define "voute-operator.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- /* The sharing server of the platform's default version: its program is the scan gateway too. */ -}}
{{- define "voute-operator.serverImage" -}}
{{- $server := .Values.platform.server -}}
{{- range $server.images -}}
{{- if eq .version $server.defaultVersion -}}{{ .image }}{{- end -}}
{{- end -}}
{{- end }}

{{- /* The pod's security, as the restricted profile asks for it. */ -}}
{{- define "voute-operator.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "voute-operator.containerSecurity" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}
