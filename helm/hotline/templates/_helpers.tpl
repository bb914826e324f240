{{/* Names, labels and what the five services have in common. Lists are given as (list root …). */}}

{{/* The five, in the order of an order's way. Every template of a service ranges over it. */}}
{{- define "hotline.names" -}}
["intake", "routing", "supervision", "callback", "analytics"]
{{- end }}

{{/* Who calls whom by gRPC, as wired in services/<service>/src/app.rs. Settings and network policies follow it. */}}
{{- define "hotline.peers" -}}
{"intake": ["routing"], "routing": ["intake", "supervision", "callback"], "supervision": ["routing"],
 "callback": ["routing"], "analytics": ["intake", "routing", "supervision", "callback"]}
{{- end }}

{{/* Ports of a pod: calls, health for the kubelet, metrics. */}}
{{- define "hotline.port.grpc" }}50051{{ end }}
{{- define "hotline.port.probe" }}50052{{ end }}
{{- define "hotline.port.metrics" }}9464{{ end }}

{{/* Seconds of preStop: time for endpoints to be taken out of everybody's lists before the server says so itself. */}}
{{- define "hotline.preStop" }}5{{ end }}

{{/* Where everything is mounted. */}}
{{- define "hotline.etc" }}/etc/hotline{{ end }}

{{/* (list root name): the default block with the service's own keys over it, `<service>` filled in; JSON. */}}
{{- define "hotline.workload" -}}
{{- $root := index . 0 }}
{{- $name := index . 1 }}
{{- $own := index $root.Values.services $name | default dict }}
{{- mergeOverwrite (deepCopy $root.Values.default) (deepCopy $own) | toRawJson | replace "<service>" $name }}
{{- end }}

{{/* (list workload): pods that there are at least. */}}
{{- define "hotline.minimum" -}}
{{- $workload := index . 0 }}
{{- if $workload.hpa.enabled }}{{ int $workload.hpa.minReplicas }}{{ else }}{{ int $workload.replicas }}{{ end }}
{{- end }}

{{/* Prefix of all names; 40 leaves room for the longest suffix within a name's 63. */}}
{{- define "hotline.fullname" -}}
{{- $name := .Values.nameOverride | default .Chart.Name }}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- .Values.fullnameOverride | default $full | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* (list root component): what selects the pods. Never changes within a release. */}}
{{- define "hotline.selector" -}}
app.kubernetes.io/name: {{ (index . 0).Values.nameOverride | default (index . 0).Chart.Name | quote }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name | quote }}
{{- with index . 1 }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{/* (list root component labels…): labels of a pod: `commonLabels`, further ones, and over them what selects it. */}}
{{- define "hotline.podLabels" -}}
{{- $labels := deepCopy (index . 0).Values.commonLabels }}
{{- range slice . 2 }}{{ $labels = mergeOverwrite $labels . }}{{ end }}
{{- mergeOverwrite $labels (include "hotline.selector" . | fromYaml) | toYaml }}
{{- end }}

{{/* (list root component labels…): labels of an object; further ones win over `commonLabels`. */}}
{{- define "hotline.labels" -}}
{{- $root := index . 0 }}
{{- include "hotline.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- $further := deepCopy $root.Values.commonLabels }}
{{- range slice . 2 }}{{ $further = mergeOverwrite $further . }}{{ end }}
{{- with $further }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "hotline.image" -}}
{{- $image := .Values.image }}
{{- if $image.digest }}{{ $image.repository }}@{{ $image.digest }}
{{- else }}{{ $image.repository }}:{{ $image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{/* (list root name suffix…): `<prefix>-<name>`. */}}
{{- define "hotline.object" -}}
{{- printf "%s-%s" (include "hotline.fullname" (index . 0)) (index . 1) }}
{{- end }}

{{/* (list root name): address by which the others call a service. The short name is found with one look-up. */}}
{{- define "hotline.address" -}}
{{- $root := index . 0 }}
{{- ternary "https" "http" $root.Values.tls.enabled }}://{{ include "hotline.object" . }}:{{ include "hotline.port.grpc" $root }}
{{- end }}

{{/* (list root name): Secret with the certificate of a service, or of the test. */}}
{{- define "hotline.tlsSecret" -}}
{{- $root := index . 0 }}
{{- if $root.Values.tls.certManager.enabled }}{{ include "hotline.object" . }}-tls
{{- else if eq (index . 1) "smoke" }}{{ $root.Values.test.tlsExistingSecret }}
{{- else }}{{ $root.Values.tls.existingSecret | replace "<service>" (index . 1) }}{{ end }}
{{- end }}

{{/* A name: the gRPC service of its contract, as in proto/hotline/<name>/v1. */}}
{{- define "hotline.contract" -}}
hotline.{{ . }}.v1.{{ title . }}Service
{{- end }}
