{{/* The control namespace is part of the control plane's identity, and MeshRepositories of no other are obeyed. */}}
{{- define "plumbline.namespace" -}}
{{- if ne .Release.Namespace "plumbline-system" -}}
{{- fail (printf "the namespace is %s, and the control plane's is always plumbline-system: use --namespace plumbline-system --create-namespace" .Release.Namespace) -}}
{{- end -}}
plumbline-system
{{- end -}}

{{- define "plumbline.selectorLabels" -}}
app.kubernetes.io/name: plumbline
app.kubernetes.io/component: control-plane
{{- end -}}

{{- define "plumbline.labels" -}}
{{ include "plumbline.selectorLabels" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- define "plumbline.metadata" -}}
name: plumbline-controller
namespace: {{ include "plumbline.namespace" . }}
labels:
  {{- include "plumbline.labels" . | nindent 2 }}
{{- end -}}

{{- define "plumbline.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}
