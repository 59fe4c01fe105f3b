{{- define "tonewire.name" -}}
{{- if contains "tonewire" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-tonewire" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "tonewire.selector" -}}
app.kubernetes.io/name: tonewire
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "tonewire.labels" -}}
{{ include "tonewire.selector" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "tonewire.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end }}

{{/* Helm reads every number of a file as a float: 200 would come out as 200.0, and 16777216 as 1.6777216e+07. Makes
whole numbers of them, in place. */}}
{{- define "tonewire.whole" -}}
{{- range $key, $value := . -}}
{{- if kindIs "map" $value -}}
{{- include "tonewire.whole" $value -}}
{{- else if and (kindIs "float64" $value) (eq (floor $value) $value) -}}
{{- $_ := set $ $key (int64 $value) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* tonewire.toml. The keys that the chart sets, over the further ones. */}}
{{- define "tonewire.settings" -}}
{{- $kafka := dict
  "brokers" (required "kafka.brokers: bootstrap addresses, host:port, separated by commas" .Values.kafka.brokers)
  "group_id" .Values.kafka.groupId
  "input_topics" .Values.kafka.inputTopics
  "output_topic" .Values.kafka.outputTopic
  "dead_letter_topic" .Values.kafka.deadLetterTopic
  "delivery" .Values.kafka.delivery
  "shutdown_timeout_ms" (int64 .Values.kafka.shutdownTimeoutMs)
  "session_timeout_ms" (int64 .Values.kafka.sessionTimeoutMs) -}}
{{- $security := dict -}}
{{- with .Values.kafka.security -}}
{{- if .protocol }}{{ $_ := set $security "protocol" .protocol }}{{ end -}}
{{- if .saslMechanism }}{{ $_ := set $security "sasl_mechanism" .saslMechanism }}{{ end -}}
{{- if .saslUsername }}{{ $_ := set $security "sasl_username" .saslUsername }}{{ end -}}
{{- if .passwordSecret.name }}{{ $_ := set $security "sasl_password_file" "/run/secrets/tonewire/password/value" }}{{ end -}}
{{- if .caSecret.name }}{{ $_ := set $security "ca_file" "/run/secrets/tonewire/ca/ca.pem" }}{{ end -}}
{{- if .certificateSecret.name -}}
{{- $_ := set $security "certificate_file" "/run/secrets/tonewire/certificate/tls.crt" -}}
{{- $_ := set $security "key_file" "/run/secrets/tonewire/certificate/tls.key" -}}
{{- end -}}
{{- end -}}
{{- if $security }}{{ $_ := set $kafka "security" $security }}{{ end -}}
{{- range $key, $value := (.Values.settings.kafka | default dict) -}}
{{- if hasKey $kafka $key }}{{ fail (printf "settings.kafka.%s: set it in kafka.* of the chart" $key) }}{{ end -}}
{{- $_ := set $kafka $key $value -}}
{{- end -}}
{{- $http := dict "listen" "0.0.0.0:9464" -}}
{{- if .Values.http.tokenSecret.name }}{{ $_ := set $http "token_path" "/run/secrets/tonewire/readers/token" }}{{ end -}}
{{- $settings := merge (dict "kafka" $kafka "http" $http "log" (dict "format" "json")) (deepCopy .Values.settings) -}}
{{- if .Values.watchlist -}}
{{- $_ := set $settings "analysis" (merge (dict "watchlist_path" "/etc/tonewire/watchlist.toml") ($settings.analysis | default dict)) -}}
{{- end -}}
{{- include "tonewire.whole" $settings -}}
{{ toToml $settings }}
{{- end }}
