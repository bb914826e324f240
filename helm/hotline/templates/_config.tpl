{{/* The settings files of the program, as TOML. Keys are those of services/<service>/config.toml and platform's. */}}

{{/* A dictionary of sections. JSON's strings are TOML's; numbers come from YAML as floats and are whole here. */}}
{{- define "hotline.toml" -}}
{{- range $section, $keys := . }}
{{- if $keys }}
[{{ $section }}]
{{- range $key, $value := $keys }}
{{ $key }} = {{ if kindIs "string" $value }}{{ toRawJson $value }}{{ else if kindIs "bool" $value }}{{ $value }}{{ else }}{{ int64 $value }}{{ end }}
{{- end }}
{{ end }}
{{- end }}
{{- end }}

{{/* root: the section [tls], for servers and for who calls them. */}}
{{- define "hotline.config.tls" -}}
{{- $tls := .Values.tls }}
{{- $at := printf "%s/tls" (include "hotline.etc" .) }}
{{- dict "certificate_file" (printf "%s/tls.crt" $at) "key_file" (printf "%s/tls.key" $at) "ca_file" (printf "%s/ca.crt" $at)
  "client_certificates" $tls.clientCertificates "trust_domain" $tls.trustDomain "minimum_version" $tls.minimumVersion | toRawJson }}
{{- end }}

{{/* root: the section [auth] of a server. */}}
{{- define "hotline.config.auth" -}}
{{- $auth := .Values.auth }}
{{- $at := printf "%s/secrets" (include "hotline.etc" .) }}
{{- $section := dict "issuer" $auth.issuer "audience" $auth.audience "algorithm" $auth.algorithm
  "private_key_file" (printf "%s/service-key/private.pem" $at) "service_public_key_file" (printf "%s/service-key/public.pem" $at) }}
{{- if $auth.jwks.url }}
  {{- $_ := set $section "jwks_url" $auth.jwks.url }}
  {{- $_ := set $section "jwks_refresh_seconds" $auth.jwks.refreshSeconds }}
  {{- if $auth.jwks.caConfigMap }}{{ $_ := set $section "jwks_ca_file" (printf "%s/jwks/ca.crt" (include "hotline.etc" .)) }}{{ end }}
{{- else }}
  {{- $_ := set $section "public_key_file" (printf "%s/token-key/public.pem" $at) }}
{{- end }}
{{- toRawJson $section }}
{{- end }}

{{/* (list root port): address:port to listen on. */}}
{{- define "hotline.listen" -}}
{{- $address := (index . 0).Values.listenAddress }}
{{- ternary "[::]" $address (eq $address "::") }}:{{ include (printf "hotline.port.%s" (index . 1)) . }}
{{- end }}

{{/* (list root name workload): config.toml of `hotline serve <name>`. */}}
{{- define "hotline.config" -}}
{{- $root := index . 0 }}
{{- $name := index . 1 }}
{{- $workload := index . 2 }}
{{- $secrets := printf "%s/secrets" (include "hotline.etc" $root) }}
{{- $peers := dict }}
{{- range get (include "hotline.peers" $root | fromJson) $name }}
  {{- $_ := set $peers . (include "hotline.address" (list $root .)) }}
{{- end }}
{{- $derived := dict
  "server" (dict
    "listen" (include "hotline.listen" (list $root "grpc"))
    "probe_listen" (include "hotline.listen" (list $root "probe"))
    "metrics_listen" (include "hotline.listen" (list $root "metrics")))
  "database" (dict "url_file" (printf "%s/database/url" $secrets))
  "auth" (include "hotline.config.auth" $root | fromJson)
  "sealing" (dict "key_file" (printf "%s/sealing/kek" $secrets))
  "peers" $peers }}
{{- if $workload.secrets.redis.existingSecret }}
  {{- $redis := dict "url_file" (printf "%s/redis/url" $secrets) }}
  {{- if $root.Values.trust.redis.caConfigMap }}{{ $_ := set $redis "ca_file" (printf "%s/redis/ca.crt" (include "hotline.etc" $root)) }}{{ end }}
  {{- $_ := set $derived "redis" $redis }}
{{- end }}
{{- with $root.Values.otlp.endpoint }}{{ $_ := set $derived "otlp" (dict "endpoint" .) }}{{ end }}
{{- if $root.Values.tls.enabled }}{{ $_ := set $derived "tls" (include "hotline.config.tls" $root | fromJson) }}{{ end }}
{{- include "hotline.toml" (mergeOverwrite (deepCopy $workload.config) $derived) }}
{{- end }}

{{/* (list root name workload): config.toml of `hotline migrate <name>`: the owner's database, and what is fixed then. */}}
{{- define "hotline.config.migration" -}}
{{- $root := index . 0 }}
{{- $name := index . 1 }}
{{- $workload := index . 2 }}
{{- $migrations := $root.Values.migrations }}
{{- $database := mergeOverwrite (deepCopy ($workload.config.database | default dict)) (dict
  "url_file" (printf "%s/secrets/database-owner/url" (include "hotline.etc" $root))
  "wait_seconds" $migrations.waitSeconds
  "application_role" ($migrations.applicationRole | replace "<service>" $name)
  "read_only_role" ($migrations.readOnlyRole | replace "<service>" $name)) }}
{{- include "hotline.toml" (dict "database" $database "events" $workload.config.events "log" $workload.config.log) }}
{{- end }}

{{/* root: smoke.toml of `hotline smoke`. */}}
{{- define "hotline.config.smoke" -}}
{{- $root := . }}
{{- $peers := dict }}
{{- range include "hotline.names" $root | fromJsonArray }}
  {{- $_ := set $peers . (include "hotline.address" (list $root .)) }}
{{- end }}
{{- $auth := dict "issuer" .Values.auth.issuer "audience" .Values.auth.audience "algorithm" .Values.auth.algorithm }}
{{- if and .Values.test.existingSecret (not .Values.test.tokenKey) }}
  {{- $_ := set $auth "private_key_file" (printf "%s/secrets/test-key/private.pem" (include "hotline.etc" .)) }}
{{- end }}
{{- $sections := dict "peers" $peers "auth" $auth "log" .Values.default.config.log }}
{{- if .Values.tls.enabled }}
  {{- $tls := include "hotline.config.tls" $root | fromJson }}
  {{- if not (include "hotline.tlsSecret" (list $root "smoke")) }}
    {{- $tls = pick $tls "ca_file" "trust_domain" "minimum_version" }}
  {{- end }}
  {{- $_ := set $sections "tls" $tls }}
{{- end }}
{{- include "hotline.toml" $sections }}
{{- end }}
