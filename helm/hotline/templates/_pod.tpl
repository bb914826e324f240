{{/* Parts of pods. */}}

{{/* What every pod of the chart says of itself. Service links would be read as settings: ROUTING_… is this program's. */}}
{{- define "hotline.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  {{- if .Values.podSecurity.ownUser }}
  runAsUser: 10001
  runAsGroup: 10001
  # The mounted files belong to root; this group may read them.
  fsGroup: 10001
  {{- end }}
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* What every container has. */}}
{{- define "hotline.container" -}}
image: {{ include "hotline.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
terminationMessagePolicy: FallbackToLogsOnError
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
volumeMounts:
  - {name: etc, mountPath: {{ include "hotline.etc" . }}, readOnly: true}
{{- end }}

{{/* (list workload priority-class): where a pod may run, and before whom. */}}
{{- define "hotline.placement" -}}
{{- with index . 1 }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- $workload := index . 0 }}
{{- with $workload.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $workload.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* (list name items…): one Secret of the volume; items are pairs of key and path. */}}
{{- define "hotline.source" -}}
- secret:
    name: {{ index . 0 | quote }}
    items:
{{- range rest . }}
      - {key: {{ index . 0 | quote }}, path: {{ index . 1 }}}
{{- end }}
{{- end }}

{{/* (list root names…): the authorities of the servers of these names, where the values have them. */}}
{{- define "hotline.source.trust" -}}
{{- $trust := (index . 0).Values.trust }}
{{- range $server := rest . }}
{{- $ca := get $trust $server }}
{{- if $ca.caConfigMap }}
- configMap: {name: {{ $ca.caConfigMap | quote }}, items: [{key: {{ $ca.caKey | quote }}, path: {{ $server }}/ca.crt}]}
{{- end }}
{{- end }}
{{- end }}

{{/* root name: the files of TLS. One volume changes at once, so a certificate never stands beside another's key. */}}
{{- define "hotline.source.tls" -}}
{{- $root := index . 0 }}
{{- $tls := $root.Values.tls }}
{{- $secret := include "hotline.tlsSecret" . }}
{{- $pair := list (list "tls.crt" "tls/tls.crt") (list "tls.key" "tls/tls.key") }}
{{- if not $tls.caConfigMap }}{{ $pair = append $pair (list "ca.crt" "tls/ca.crt") }}{{ end }}
{{- if $secret }}
{{ include "hotline.source" (concat (list $secret) $pair) }}
{{- else if not $tls.caConfigMap }}
{{ include "hotline.source" (list (include "hotline.tlsSecret" (list $root "intake")) (list "ca.crt" "tls/ca.crt")) }}
{{- end }}
{{- with $tls.caConfigMap }}
- configMap: {name: {{ . | quote }}, items: [{key: {{ $tls.caKey | quote }}, path: tls/ca.crt}]}
{{- end }}
{{- end }}

{{/* (list root name workload): the volume of a service: its settings, secrets and certificates. */}}
{{- define "hotline.volume" -}}
{{- $root := index . 0 }}
{{- $name := index . 1 }}
{{- $secrets := (index . 2).secrets }}
{{- $auth := $root.Values.auth }}
- name: etc
  projected:
    # 0440: the pod's fsGroup reads, nobody writes.
    defaultMode: 288
    sources:
      - configMap: {name: {{ include "hotline.object" (list $root $name) }}, items: [{key: config.toml, path: config.toml}]}
      {{- include "hotline.source" (list $secrets.database.existingSecret (list $secrets.database.key "secrets/database/url")) | nindent 6 }}
      {{- if $secrets.redis.existingSecret }}
      {{- include "hotline.source" (list $secrets.redis.existingSecret (list $secrets.redis.key "secrets/redis/url")) | nindent 6 }}
      {{- end }}
      {{- include "hotline.source" (list $secrets.sealing.existingSecret (list $secrets.sealing.key "secrets/sealing/kek")) | nindent 6 }}
      {{- include "hotline.source" (list $auth.serviceKey.existingSecret (list $auth.serviceKey.privateKey "secrets/service-key/private.pem")
            (list $auth.serviceKey.publicKey "secrets/service-key/public.pem")) | nindent 6 }}
      {{- if not $auth.jwks.url }}
      {{- include "hotline.source" (list $auth.publicKey.existingSecret (list $auth.publicKey.key "secrets/token-key/public.pem")) | nindent 6 }}
      {{- else if $auth.jwks.caConfigMap }}
      - configMap: {name: {{ $auth.jwks.caConfigMap | quote }}, items: [{key: {{ $auth.jwks.caKey | quote }}, path: jwks/ca.crt}]}
      {{- end }}
      {{- with include "hotline.source.trust" (list $root "postgres" "redis") | trim }}{{ nindent 6 . }}{{ end }}
      {{- if $root.Values.tls.enabled }}
      {{- include "hotline.source.tls" (list $root $name) | trim | nindent 6 }}
      {{- end }}
{{- end }}

{{/* (list root name spread): constraints of spreading, each revision by itself. */}}
{{- define "hotline.spread" -}}
{{- $scope := . }}
{{- $spread := index . 2 }}
{{- $keys := dict "zones" "topology.kubernetes.io/zone" "hosts" "kubernetes.io/hostname" }}
{{- if or (ne $spread.zones "Off") (ne $spread.hosts "Off") }}
topologySpreadConstraints:
{{- range $over, $key := $keys }}
{{- if ne (get $spread $over) "Off" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: {{ get $spread $over }}
    labelSelector:
      matchLabels: {{- include "hotline.selector" (list (index $scope 0) (index $scope 1)) | nindent 8 }}
    # Each revision spreads by itself; else the old pods push the new ones to one side.
    matchLabelKeys: [pod-template-hash]
    # A host that is drained, or not for us, is none to spread over; else it would count as an empty one.
    nodeTaintsPolicy: Honor
{{- end }}
{{- end }}
{{- end }}
{{- end }}
