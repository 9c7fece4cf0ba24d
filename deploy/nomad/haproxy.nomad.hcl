# HAProxy that sends /function/NAME straight to the function's replicas, and everything else to
# faas-nomad: `nomad job run haproxy.nomad.hcl`. Functions without a replica are faas-nomad's too,
# which wakes them. Needs balancer_tags = haproxy in faas-nomad; see docs/direct-routing.md.

variable "image" {
  type        = string
  default     = "docker.io/library/haproxy:3.0"
  description = "An image of HAProxy 2.6 or later"
}

variable "datacenters" {
  type        = list(string)
  default     = ["*"]
  description = "Where HAProxy may run"
}

variable "port" {
  type        = number
  default     = 8000
  description = "The port for callers; below 1024 the image needs another user"
}

variable "gateway" {
  type        = string
  default     = "127.0.0.1:8080"
  description = "faas-nomad's gateway address as HAProxy's nodes reach it"
}

variable "discovery" {
  type        = string
  default     = "nomad"
  description = "nomad or consul, as faas-nomad's setting"
}

variable "function_namespace" {
  type        = string
  default     = "openfaas-fn"
  description = "faas-nomad's setting of that name: what a NAME without a namespace means"
}

job "faas-haproxy" {
  type        = "service"
  datacenters = var.datacenters

  group "haproxy" {
    network {
      port "http" {
        static = var.port
      }
    }

    service {
      name     = "faas-haproxy"
      port     = "http"
      provider = "nomad"
    }

    task "haproxy" {
      driver      = "docker"
      kill_signal = "SIGUSR1" # end what is under way, take no more

      config {
        image        = var.image
        network_mode = "host"
        args         = ["-f", "${NOMAD_TASK_DIR}/haproxy.cfg"]
      }

      # With ACLs in Consul, a token for the template: provisioning/consul/apply.sh with
      # PROVIDER_JOB=faas-haproxy allows it.
      dynamic "consul" {
        for_each = var.discovery == "consul" ? [1] : []
        content {}
      }

      env {
        GATEWAY            = var.gateway
        DISCOVERY          = var.discovery
        FUNCTION_NAMESPACE = var.function_namespace
      }

      # A new configuration is loaded by new workers; the old ones end what they have begun.
      template {
        destination   = "local/haproxy.cfg"
        change_mode   = "signal"
        change_signal = "SIGUSR2"

        wait {
          min = "200ms"
          max = "1s"
        }

        data = <<-EOF
          global
            hard-stop-after 5m

          defaults
            mode http
            timeout connect 1s
            timeout client 75s
            timeout server 75s
            timeout http-request 10s
            timeout http-keep-alive 60s
            option idle-close-on-response
            # Nomad registers a replica before it listens: a refused connection goes to another, and
            # the replica gets no more until it passes a check (see "servers"). An answer that does
            # not begin is asked for again too, but for methods that may not be.
            option redispatch 1
            retries 5
            retry-on conn-failure empty-response

          frontend callers
            bind :{{ env "NOMAD_PORT_http" }}
            http-request set-var(txn.function) path,field(3,/),concat(.{{ env "FUNCTION_NAMESPACE" }}) if { path_beg /function/ }
            http-request set-var(txn.function) path,field(3,/) if { path_beg /function/ } { path,field(3,/) -m sub . }
            acl is_function path_beg /function/
            acl has_replica var(txn.function),nbsrv gt 0
            acl is_old_worker stopping # it counts no replicas any more, though it has them
            use_backend %[var(txn.function)] if is_function { var(txn.function) -m reg ^[a-z0-9.-]+$ } has_replica or is_function is_old_worker
            http-request disable-l7-retry unless { method GET HEAD OPTIONS PUT DELETE }
            default_backend faas-nomad

          backend faas-nomad
            server gateway {{ env "GATEWAY" }}

          {{- define "name" }}
          {{- range . }}{{ if . | regexMatch "^openfaas\\.function=" }}{{ . | regexReplaceAll "^openfaas\\.function=" "" }}{{ end }}{{ end -}}
          {{- range . }}{{ if . | regexMatch "^openfaas\\.namespace=" }}{{ . | regexReplaceAll "^openfaas\\.namespace=" "." }}{{ end }}{{ end -}}
          {{- end }}

          {{- define "backend" }}

          backend {{ template "name" . }}
            balance random(2)
            http-request replace-path /function/[^/]*/?(.*) /\1
          {{- end }}

          {{- /* Of several, one that refuses is left out at once. A single one is tried again. */}}
          {{- define "servers" }}
            default-server check inter 1s downinter 200ms fall 2 rise 1{{ if gt (len .) 1 }} observe layer4 error-limit 1 on-error mark-down{{ end }}
          {{- range . }}
            server {{ .ID }} {{ .Address }}:{{ .Port }}
          {{- end }}{{ end }}

          {{- if eq (env "DISCOVERY") "consul" }}
          {{- range services }}{{ if .Tags | contains "haproxy.enable=true" }}{{ template "backend" .Tags }}
          {{- template "servers" service .Name }}{{ end }}{{ end }}
          {{- else }}
          {{- range nomadServices }}{{ if .Tags | contains "haproxy.enable=true" }}{{ template "backend" .Tags }}
          {{- template "servers" nomadService .Name }}{{ end }}{{ end }}
          {{- end }}
        EOF
      }

      resources {
        cpu    = 500
        memory = 256
      }
    }
  }
}
