{{/* The objects' name, with the suffix of a second installation. */}}
{{- define "kata-deploy.name" -}}
{{- if .Values.env.multiInstallSuffix }}kata-deploy-{{ .Values.env.multiInstallSuffix }}{{ else }}kata-deploy{{ end }}
{{- end }}

{{- define "kata-deploy.labels" -}}
app.kubernetes.io/name: kata-deploy
app.kubernetes.io/instance: {{ include "kata-deploy.name" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* "NAME NAME": the runtimes that are enabled, in the order of their names. */}}
{{- define "kata-deploy.shims" -}}
{{- $names := list }}
{{- if not .Values.shims.disableAll }}
{{- range $name, $shim := omit .Values.shims "disableAll" }}
{{- if $shim.enabled }}{{- $names = append $names $name }}{{- end }}
{{- end }}
{{- end }}
{{- join " " (sortAlpha $names) }}
{{- end }}

{{/* The handler of (dict "name" NAME "root" $). */}}
{{- define "kata-deploy.handler" -}}
kata-{{ .name }}{{ with .root.Values.env.multiInstallSuffix }}-{{ . }}{{ end }}
{{- end }}

{{/* "X86_64" of "amd64": how variables name processors. */}}
{{- define "kata-deploy.machine" -}}
{{- get (dict "amd64" "X86_64" "arm64" "AARCH64" "ppc64le" "PPC64LE" "s390x" "S390X") . }}
{{- end }}
