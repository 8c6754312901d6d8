{{/* The variables of the installer: (dict "root" $ "daemon" BOOL). */}}
{{- define "kata-deploy.variables" -}}
{{- $root := .root }}
{{- $values := .root.Values -}}
- name: NODE_NAME
  valueFrom:
    fieldRef:
      fieldPath: spec.nodeName
- name: POD_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
{{- if .daemon }}
- name: DAEMONSET_NAME
  value: {{ include "kata-deploy.name" $root | quote }}
{{- end }}
- name: K8S_DISTRIBUTION
  value: {{ $values.k8sDistribution | quote }}
- name: DEBUG
  value: {{ $values.debug | quote }}
{{- $enabled := splitList " " (include "kata-deploy.shims" $root) }}
{{- range $arch := list "amd64" "arm64" "ppc64le" "s390x" }}
{{- $names := list }}
{{- $annotations := list }}
{{- $snapshotters := list }}
{{- range $name := $enabled }}
{{- $shim := get $values.shims $name | default dict }}
{{- if and $name (or (not $shim.supportedArches) (has $arch $shim.supportedArches)) }}
{{- $names = append $names $name }}
{{- with $shim.allowedHypervisorAnnotations }}
{{- $annotations = append $annotations (printf "%s:%s" $name (join "," .)) }}
{{- end }}
{{- with ($shim.containerd | default dict).snapshotter }}
{{- $snapshotters = append $snapshotters (printf "%s:%s" $name .) }}
{{- end }}
{{- end }}
{{- end }}
{{- $machine := include "kata-deploy.machine" $arch }}
{{- if $names }}
- name: SHIMS_{{ $machine }}
  value: {{ join " " $names | quote }}
{{- with get $values.defaultShim $arch }}
{{- if has . $names }}
- name: DEFAULT_SHIM_{{ $machine }}
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- with $annotations }}
- name: ALLOWED_HYPERVISOR_ANNOTATIONS_{{ $machine }}
  value: {{ join " " . | quote }}
{{- end }}
{{- with $snapshotters }}
- name: SNAPSHOTTER_HANDLER_MAPPING_{{ $machine }}
  value: {{ join "," . | quote }}
{{- end }}
{{- end }}
- name: INSTALLATION_PREFIX
  value: {{ $values.env.installationPrefix | quote }}
- name: MULTI_INSTALL_SUFFIX
  value: {{ $values.env.multiInstallSuffix | quote }}
{{- end }}

{{/* What an installer's pod is: (dict "root" $ "action" ACTION "daemon" BOOL "last" BOOL). */}}
{{- define "kata-deploy.pod" -}}
{{- $values := .root.Values -}}
serviceAccountName: {{ include "kata-deploy.name" .root }}
# The node's processes, so that /proc of the node's root is true.
hostPID: true
# The API server is reached while the node's network of pods restarts, too.
hostNetwork: true
dnsPolicy: ClusterFirstWithHostNet
terminationGracePeriodSeconds: 300
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - name: kata-deploy
    image: "{{ $values.image.reference }}{{ with $values.image.tag }}:{{ . }}{{ end }}"
    imagePullPolicy: {{ $values.imagePullPolicy }}
    command: [kata-deploy]
    args:
      - {{ .action }}
      - --patience={{ $values.patience }}
      {{- if not $values.nodeCheck }}
      - --no-check
      {{- end }}
    env: {{- include "kata-deploy.variables" . | nindent 6 }}
      {{- if .last }}
      - name: HELM_POST_DELETE_HOOK
        value: "true"
      {{- end }}
    securityContext:
      privileged: true
    resources: {{- toYaml $values.resources | nindent 6 }}
    volumeMounts:
      - name: host
        mountPath: /host
        mountPropagation: HostToContainer
volumes:
  - name: host
    hostPath:
      path: /
{{- end }}
