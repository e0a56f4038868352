{{- /* An environment without its name, of (list values certificate). */}}
{{- define "sharing-tenant.environment" -}}
{{- $values := index . 0 }}{{ $certificate := index . 1 -}}
host: {{ $values.host | quote }}
certificate:
  {{- if $values.certificateSecret }}
  secretName: {{ $values.certificateSecret | quote }}
  {{- else }}
  issuerRef:
    name: {{ $certificate.issuer | quote }}
    kind: {{ $certificate.issuerKind | default "ClusterIssuer" }}
  {{- end }}
{{- if or $values.allocatedGB $values.storageClassName }}
storage:
  {{- with $values.allocatedGB }}
  allocatedGB: {{ int64 . }}
  {{- end }}
  {{- with $values.storageClassName }}
  storageClassName: {{ . | quote }}
  {{- end }}
{{- end }}
{{- end }}
