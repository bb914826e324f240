{{/* Rules of network policies. */}}

{{/* (list root component): a peer: the release's pods of that component. */}}
{{- define "hotline.podPeer" -}}
- podSelector:
    matchLabels: {{- include "hotline.selector" . | nindent 6 }}
{{- end }}

{{/* (list key peers port): a rule; key is `to` or `from`, no peers is any address. */}}
{{- define "hotline.rule" -}}
- ports: [{port: {{ index . 2 }}, protocol: TCP}]
  {{- with index . 1 }}
  {{ index $ 0 }}: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* (list url port): the port that a URL names, else the one given. */}}
{{- define "hotline.urlPort" -}}
{{- regexFind ":[0-9]+$" (urlParse (index . 0)).host | trimPrefix ":" | default (index . 1) }}
{{- end }}

{{/* root: where names are asked. */}}
{{- define "hotline.egress.dns" -}}
- to: {{- toYaml .Values.networkPolicy.dns.to | nindent 4 }}
  ports:
{{- range .Values.networkPolicy.dns.ports }}
    - {port: {{ int . }}, protocol: UDP}
    - {port: {{ int . }}, protocol: TCP}
{{- end }}
{{- end }}

{{/* root: the databases. */}}
{{- define "hotline.egress.postgres" -}}
{{- include "hotline.rule" (list "to" .Values.networkPolicy.postgres.to (int .Values.networkPolicy.postgres.port)) }}
{{- end }}

{{/* (list root name workload): who may come in. */}}
{{- define "hotline.ingress" -}}
{{- $root := index . 0 }}
{{- $name := index . 1 }}
{{- $values := $root.Values }}
{{- $grpc := include "hotline.port.grpc" $root }}
# The kubelet's address cannot be selected, and there is nothing but health on this port.
{{ include "hotline.rule" (list "from" nil (include "hotline.port.probe" $root)) }}
{{- if $values.networkPolicy.scrape.from }}
{{ include "hotline.rule" (list "from" $values.networkPolicy.scrape.from (include "hotline.port.metrics" $root)) }}
{{- end }}
{{- range $caller, $peers := include "hotline.peers" $root | fromJson }}
{{- if has $name $peers }}
# {{ $caller }}
- ports: [{port: {{ $grpc }}, protocol: TCP}]
  from: {{- include "hotline.podPeer" (list $root $caller) | nindent 4 }}
{{- end }}
{{- end }}
{{- if $values.test.enabled }}
# helm test
- ports: [{port: {{ $grpc }}, protocol: TCP}]
  from: {{- include "hotline.podPeer" (list $root "smoke") | nindent 4 }}
{{- end }}
{{- if and (ne $values.entry.kind "none") (has $name $values.entry.services) }}
# the entry
{{ include "hotline.rule" (list "from" $values.entry.from $grpc) }}
{{- end }}
{{- range $values.networkPolicy.callers }}
{{- if has $name .to }}
# networkPolicy.callers
{{ include "hotline.rule" (list "from" .from $grpc) }}
{{- end }}
{{- end }}
{{- end }}

{{/* (list root name workload): where a service goes, names aside. */}}
{{- define "hotline.egress" -}}
{{- $root := index . 0 }}
{{- $values := $root.Values }}
{{- $network := $values.networkPolicy }}
{{- range get (include "hotline.peers" $root | fromJson) (index . 1) }}
# {{ . }}
- ports: [{port: {{ include "hotline.port.grpc" $root }}, protocol: TCP}]
  to: {{- include "hotline.podPeer" (list $root .) | nindent 4 }}
{{- end }}
# Postgres
{{ include "hotline.egress.postgres" $root }}
{{- if (index . 2).secrets.redis.existingSecret }}
# Redis
{{ include "hotline.rule" (list "to" $network.redis.to (int $network.redis.port)) }}
{{- end }}
{{- with $values.otlp.endpoint }}
# collector
{{ include "hotline.rule" (list "to" $network.collector.to (int $network.collector.port | default (include "hotline.urlPort" (list . "4317")))) }}
{{- end }}
{{- with $values.auth.jwks.url }}
# the issuer's keys
{{ include "hotline.rule" (list "to" $network.jwks.to (int $network.jwks.port | default (include "hotline.urlPort" (list . (ternary "80" "443" (hasPrefix "http://" .)))))) }}
{{- end }}
{{- end }}
