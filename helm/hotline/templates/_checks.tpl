{{/* What a schema cannot say: values that contradict each other. Each problem is a sentence that begins with the key. */}}

{{/* Memory as kibibytes; the schema allows Ki, Mi and Gi. */}}
{{- define "hotline.kibibytes" -}}
{{- $number := regexFind "^[0-9]+" . | int64 }}
{{- if hasSuffix "Gi" . }}{{ mul $number 1048576 }}{{ else if hasSuffix "Mi" . }}{{ mul $number 1024 }}{{ else }}{{ $number }}{{ end }}
{{- end }}

{{/* A share of a core as thousandths; the schema allows 250m, 0.25 and 2. */}}
{{- define "hotline.millicores" -}}
{{- if hasSuffix "m" . }}{{ trimSuffix "m" . }}{{ else }}{{ round (mulf (float64 .) 1000) 0 | int64 }}{{ end }}
{{- end }}

{{/* (list root name): one service, one problem a line. */}}
{{- define "hotline.problems.workload" -}}
{{- $root := index . 0 }}
{{- $key := printf "services.%s" (index . 1) }}
{{- $workload := include "hotline.workload" . | fromJson }}
{{- $hpa := $workload.hpa }}
{{- if and $hpa.enabled (gt (int $hpa.minReplicas) (int $hpa.maxReplicas)) }}
{{ $key }}.hpa.minReplicas is {{ $hpa.minReplicas }}, more than hpa.maxReplicas, {{ $hpa.maxReplicas }}
{{- end }}
{{- $minimum := include "hotline.minimum" (list $workload) | int }}
{{- if and $workload.pdb.enabled (ge $minimum 2) (ge (int $workload.pdb.maxUnavailable) $minimum) }}
{{ $key }}.pdb.maxUnavailable is {{ $workload.pdb.maxUnavailable }}, so all {{ $minimum }} pods could be evicted at once; it has to be less
{{- end }}
{{- range $what, $unit := dict "cpu" "millicores" "memory" "kibibytes" "ephemeral-storage" "kibibytes" }}
{{- $request := get $workload.resources.requests $what }}
{{- $limit := get $workload.resources.limits $what }}
{{- $unit = printf "hotline.%s" $unit }}
{{- if and $request $limit (gt (include $unit $request | int64) (include $unit $limit | int64)) }}
{{ $key }}.resources.requests.{{ $what }} is {{ $request }}, more than limits.{{ $what }}, {{ $limit }}
{{- end }}
{{- end }}
{{- /* Without a value the program's own defaults count: services/shared/platform/config.toml. */}}
{{- $drain := dig "server" "drain_seconds" 5 $workload.config | int }}
{{- $stop := dig "server" "stop_seconds" 30 $workload.config | int }}
{{- $deadline := dig "server" "deadline_seconds" 10 $workload.config | int }}
{{- if ge (add $drain $deadline | int) $stop }}
{{ $key }}.config.server.stop_seconds is {{ $stop }}, not more than {{ $drain }} of drain_seconds and {{ $deadline }} of deadline_seconds together: a stop would cut calls off
{{- end }}
{{- $needed := add (include "hotline.preStop" $root) $drain $stop | int }}
{{- if lt (int $workload.terminationGracePeriodSeconds) $needed }}
{{ $key }}.terminationGracePeriodSeconds is {{ $workload.terminationGracePeriodSeconds }}, but a stop takes up to {{ $needed }}: {{ include "hotline.preStop" $root }} of preStop, {{ $drain }} of drain_seconds, {{ $stop }} of stop_seconds
{{- end }}
{{- range $directive := dig "log" "filter" "info" $workload.config | splitList "," }}
{{- if not (regexMatch "^(([A-Za-z_][A-Za-z0-9_:]*)(\\[[^\\]]*\\])?=)?(off|error|warn|info|debug|trace)$" (trim $directive)) }}
{{ $key }}.config.log.filter has {{ $directive | quote }}, which names no level; write something like "info,sqlx=warn" with off, error, warn, info, debug or trace
{{- end }}
{{- end }}
{{- $twice := dict }}
{{- /* The same words as in k8s/base/admission/secrets.yaml. */}}
{{- range $workload.extraEnv }}
{{- if hasKey $twice .name }}
{{ $key }}.extraEnv has {{ .name }} twice
{{- end }}
{{- $_ := set $twice .name true }}
{{- if or (and (regexMatch "(?i)(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|KEY|URL|DSN|CREDENTIALS?)(_|$)" .name) (not (regexMatch "(?i)_(FILE|PATH)$" .name))) (regexMatch "://[^/@ ]*:[^/@ ]*@" .value) }}
{{ $key }}.extraEnv has {{ .name }}, which looks like a secret; the environment is no place for one, mount it by existingSecret
{{- else if regexMatch (include "hotline.names" $root | fromJsonArray | join "|" | printf "(?i)^(%s)_") .name }}
{{ $key }}.extraEnv has {{ .name }}, a setting of the program; it belongs to config, where it is checked
{{- end }}
{{- end }}
{{- end }}

{{- define "hotline.problems.tls" -}}
{{- $tls := .Values.tls }}
{{- $hours := dict "duration" (trimSuffix "h" $tls.certManager.duration | int) "renewBefore" (trimSuffix "h" $tls.certManager.renewBefore | int) }}
{{- if $tls.enabled }}
{{- if and $tls.certManager.enabled $tls.existingSecret }}
tls.existingSecret and tls.certManager.enabled are both set; a certificate comes from one of them
{{- else if not (or $tls.certManager.enabled $tls.existingSecret) }}
tls.existingSecret is empty and tls.certManager.enabled is false, but tls.enabled is true: no certificate comes from anywhere
{{- end }}
{{- if and $tls.certManager.enabled (not $tls.certManager.issuerRef.name) }}
tls.certManager.issuerRef.name is empty; name the Issuer that signs the certificates
{{- end }}
{{- if ge $hours.renewBefore $hours.duration }}
tls.certManager.renewBefore is {{ $tls.certManager.renewBefore }}, not less than duration, {{ $tls.certManager.duration }}: certificates would be replaced without end
{{- end }}
{{- if and $tls.certManager.enabled .Values.monitoring.rules.enabled (lt $hours.renewBefore 360) }}
tls.certManager.renewBefore is {{ $tls.certManager.renewBefore }}, less than 360h: the alert on certificates rings 14 days before the end, each time before they are renewed
{{- end }}
{{- if and (eq $tls.clientCertificates "required") .Values.test.enabled (not (include "hotline.tlsSecret" (list . "smoke"))) }}
test.tlsExistingSecret is empty, but tls.clientCertificates is "required": the test could not call anybody
{{- end }}
{{- else }}
{{- if $tls.certManager.enabled }}
tls.certManager.enabled is true, but tls.enabled is false: nobody would use the certificates
{{- end }}
{{- if $tls.existingSecret }}
tls.existingSecret is set, but tls.enabled is false: nobody would use the certificates
{{- end }}
{{- if $tls.caConfigMap }}
tls.caConfigMap is set, but tls.enabled is false: nobody would look at a certificate
{{- end }}
{{- if $tls.certManager.entryNames }}
tls.certManager.entryNames are set, but tls.enabled is false: no certificate would have them
{{- end }}
{{- if ne $tls.clientCertificates "off" }}
tls.clientCertificates is {{ $tls.clientCertificates | quote }}, but tls.enabled is false: without TLS nobody shows one
{{- end }}
{{- end }}
{{- end }}

{{- define "hotline.problems.entry" -}}
{{- $entry := .Values.entry }}
{{- if eq $entry.kind "none" }}
{{- if $entry.host }}
entry.host is {{ $entry.host }}, but entry.kind is none: nothing would lead there; set it to gateway or ingress
{{- end }}
{{- if $entry.passthrough }}
entry.passthrough is true, but entry.kind is none: there is nothing to hand through
{{- end }}
{{- if $entry.from }}
entry.from is set, but entry.kind is none: nothing would let them in; callers inside the cluster belong to networkPolicy.callers
{{- end }}
{{- range $key, $value := dict "gateway.name" $entry.gateway.name "ingress.tlsSecret" $entry.ingress.tlsSecret }}
{{- if $value }}
entry.{{ $key }} is {{ $value }}, but entry.kind is none: nothing would use it
{{- end }}
{{- end }}
{{- else }}
{{- if not $entry.host }}
entry.host is empty, but entry.kind is {{ $entry.kind }}: name the host that callers call
{{- end }}
{{- if regexMatch "^[0-9.]+$" $entry.host }}
entry.host is {{ $entry.host }}, an address: a {{ $entry.kind }} is found by a name
{{- end }}
{{- if and .Values.networkPolicy.enabled (not $entry.from) }}
entry.from is empty, but networkPolicy.enabled is true: nobody could come in; select the pods of the {{ $entry.kind }}
{{- end }}
{{- if and (eq $entry.kind "gateway") (not $entry.gateway.name) }}
entry.gateway.name is empty; name the Gateway that the route attaches to
{{- end }}
{{- if $entry.passthrough }}
{{- if not .Values.tls.enabled }}
entry.passthrough is true, but tls.enabled is false: there is no TLS to hand through
{{- end }}
{{- if ne (len $entry.services) 1 }}
entry.services has {{ len $entry.services }} services, but entry.passthrough is true: what is sealed cannot be told apart, so it goes to one
{{- end }}
{{- else }}
{{- if and (eq $entry.kind "ingress") (not $entry.ingress.tlsSecret) }}
entry.ingress.tlsSecret is empty; gRPC comes in over TLS only
{{- end }}
{{- if and (eq $entry.kind "gateway") .Values.tls.enabled (not $entry.gateway.backendCaConfigMap) }}
entry.gateway.backendCaConfigMap is empty, but tls.enabled is true: the gateway could not trust the services
{{- end }}
{{- if and .Values.tls.enabled (eq .Values.tls.clientCertificates "required") }}
entry.passthrough is false, but tls.clientCertificates is "required": callers' certificates would end at the {{ $entry.kind }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "hotline.problems.auth" -}}
{{- $auth := .Values.auth }}
{{- if and $auth.jwks.url $auth.publicKey.existingSecret }}
auth.jwks.url and auth.publicKey.existingSecret are both set; people's tokens are verified by one of them, set the other to ""
{{- else if not (or $auth.jwks.url $auth.publicKey.existingSecret) }}
auth.jwks.url and auth.publicKey.existingSecret are both empty: nobody's token could be verified
{{- end }}
{{- if and (ne $auth.algorithm "EdDSA") .Values.test.enabled .Values.test.existingSecret (not .Values.test.tokenKey) }}
test.existingSecret is set without test.tokenKey, but auth.algorithm is {{ $auth.algorithm }}: the test signs with EdDSA only; give it a token of your issuer, by test.tokenKey
{{- end }}
{{- if and .Values.test.tokenKey (not .Values.test.existingSecret) }}
test.tokenKey is {{ .Values.test.tokenKey }}, but test.existingSecret is empty: there is no Secret with the token
{{- end }}
{{- if and $auth.jwks.caConfigMap (not $auth.jwks.url) }}
auth.jwks.caConfigMap is set, but auth.jwks.url is empty
{{- end }}
{{- end }}

{{- define "hotline.problems.rest" -}}
{{- $prefix := include "hotline.fullname" . }}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $prefix) }}
fullnameOverride is empty, and {{ $prefix | quote }}, made of the release's name, cannot begin the name of a Service: set it to a-z, 0-9 and "-", beginning with a letter
{{- end }}
{{- $migrations := .Values.migrations }}
{{- if and $migrations.enabled (ge (int $migrations.waitSeconds) (int $migrations.activeDeadlineSeconds)) }}
migrations.waitSeconds is {{ $migrations.waitSeconds }}, not less than activeDeadlineSeconds, {{ $migrations.activeDeadlineSeconds }}: the Job would be ended while it waits
{{- end }}
{{- $numbers := dict "SUN" "0" "MON" "1" "TUE" "2" "WED" "3" "THU" "4" "FRI" "5" "SAT" "6"
  "JAN" "1" "FEB" "2" "MAR" "3" "APR" "4" "MAY" "5" "JUN" "6" "JUL" "7" "AUG" "8" "SEP" "9" "OCT" "10" "NOV" "11" "DEC" "12" }}
{{- range $range := regexFindAll "[0-9A-Z]+-[0-9A-Z]+" .Values.doctor.schedule -1 }}
{{- $ends := splitList "-" $range }}
{{- $first := first $ends }}
{{- $last := last $ends }}
{{- if gt (get $numbers $first | default $first | int) (get $numbers $last | default $last | int) }}
doctor.schedule has {{ $range | quote }}, which ends before it begins: write two ranges
{{- end }}
{{- end }}
{{- if and .Values.networkPolicy.callers (not .Values.networkPolicy.enabled) }}
networkPolicy.callers are set, but networkPolicy.enabled is false: everybody may call
{{- end }}
{{- if and .Values.networkPolicy.enabled (not .Values.networkPolicy.dns.to) }}
networkPolicy.dns.to is empty, but networkPolicy.enabled is true: no name could be found
{{- end }}
{{- end }}

{{/* root: fails with all problems. */}}
{{- define "hotline.checks" -}}
{{- $problems := list (include "hotline.problems.auth" .) (include "hotline.problems.tls" .) (include "hotline.problems.entry" .)
  (include "hotline.problems.rest" .) }}
{{- range include "hotline.names" . | fromJsonArray }}
  {{- $problems = append $problems (include "hotline.problems.workload" (list $ .)) }}
{{- end }}
{{- $found := join "\n" $problems | splitList "\n" | compact }}
{{- if $found }}{{ fail (printf "\n%s" (join "\n" $found)) }}{{ end }}
{{- end }}
