# HAProxy before faas-nomad's instances: `nomad job run ingress.nomad.hcl`. It asks Nomad where they
# are and each of them, by /readyz, whether it takes callers. Instances can be upgraded, drained and
# killed behind it: a connection that is refused goes to another one, and so does a request that got
# no answer where its method may be repeated. For replicas without faas-nomad on the way:
# haproxy.nomad.hcl. It runs in the namespace of the job faas-nomad.

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

variable "namespace" {
  type        = string
  default     = "default"
  description = "The Nomad namespace of this job, that of the job faas-nomad"
}

variable "instances" {
  type        = number
  default     = 1
  description = "How many, each on a node of its own; with more, callers need a name or address for all"
}

variable "port" {
  type        = number
  default     = 8000
  description = "The port for callers; below 1024 the image needs another user"
}

variable "tls" {
  type        = bool
  default     = false
  description = "Speak HTTPS: the item pem (certificate, chain, key) of the variable nomad/jobs/faas-nomad-ingress"
}

variable "instance_name" {
  type        = string
  default     = ""
  description = "The name in the certificate of instances that speak HTTPS, which the item ca of the same variable is the authority of; empty: they speak HTTP"
}

job "faas-nomad-ingress" {
  namespace   = var.namespace
  type        = "service"
  datacenters = var.datacenters

  group "haproxy" {
    count = var.instances

    constraint {
      operator = "distinct_hosts"
      value    = "true"
    }

    network {
      port "http" {
        static = var.port
      }
    }

    service {
      name     = "faas-nomad-ingress"
      port     = "http"
      provider = "nomad"

      check {
        type     = "http"
        path     = "/ingress"
        interval = "5s"
        timeout  = "2s"

        protocol        = var.tls ? "https" : "http"
        tls_skip_verify = true # the agent asks for an address, the certificate has a name
      }
    }

    update {
      max_parallel     = 1
      min_healthy_time = "5s"
      healthy_deadline = "2m"
      auto_revert      = true
    }

    shutdown_delay = "5s"

    task "haproxy" {
      driver       = "docker"
      kill_signal  = "SIGUSR1" # end what is under way, take no more
      kill_timeout = "30s"

      config {
        image        = var.image
        network_mode = "host"
        args         = ["-f", "${NOMAD_SECRETS_DIR}/haproxy.cfg"]
      }

      dynamic "template" {
        for_each = concat(var.tls ? ["pem"] : [], var.instance_name != "" ? ["ca"] : [])
        content {
          destination   = "secrets/${template.value}.pem"
          data          = "{{ with nomadVar \"nomad/jobs/faas-nomad-ingress\" }}{{ .${template.value} }}{{ end }}"
          perms         = "0444"
          change_mode   = "signal"
          change_signal = "SIGUSR2"
        }
      }

      env {
        CALLERS   = var.tls ? "ssl crt ${NOMAD_SECRETS_DIR}/pem.pem alpn h2,http/1.1" : ""
        INSTANCES = var.instance_name != "" ? "ssl verify required ca-file ${NOMAD_SECRETS_DIR}/ca.pem verifyhost ${var.instance_name}" : ""
      }

      # A new configuration is loaded by new workers; the old ones end what they have begun.
      template {
        destination   = "secrets/haproxy.cfg"
        perms         = "0444"
        change_mode   = "signal"
        change_signal = "SIGUSR2"

        wait {
          min = "200ms"
          max = "1s"
        }

        data = <<-EOF
          global
            # What becomes of instances; requests are faas-nomad's own log's.
            log stdout format raw local0 notice
            hard-stop-after 5m
            ssl-default-bind-options ssl-min-ver TLSv1.2

          defaults
            log global
            mode http
            timeout connect 1s
            timeout client 75s
            timeout server 75s
            timeout tunnel 1h
            timeout check 5s
            timeout http-request 10s
            timeout http-keep-alive 60s
            option idle-close-on-response
            balance leastconn
            # An instance is registered before it listens, and may be killed: see the top.
            retries 5
            option redispatch 1
            retry-on conn-failure empty-response junk-response

          frontend callers
            bind :{{ env "NOMAD_PORT_http" }} {{ env "CALLERS" }}
            monitor-uri /ingress
            monitor fail if { nbsrv(checked) lt 1 }
            http-request set-header X-Forwarded-Proto https if { ssl_fc }
            option forwardfor
            http-request disable-l7-retry unless { method GET HEAD OPTIONS PUT DELETE }
            # Where no instance passes its check any of them may still answer. An old worker that ends
            # counts none any more, though it has them.
            use_backend unchecked if { nbsrv(checked) lt 1 } !{ stopping }
            default_backend checked

          {{- define "servers" }}
          {{- range . }}
            server {{ .ID }} {{ .Address }}:{{ .Port }}
          {{- end }}{{ end }}

          backend checked
            option httpchk GET /readyz
            # Of several, one that refuses is left out at once; a slow answer is no reason.
            default-server check inter 1s downinter 200ms fall 2 rise 1 {{ env "INSTANCES" }}{{ if gt (len (nomadService "faas-nomad")) 1 }} observe layer4 error-limit 1 on-error mark-down{{ end }}
            {{- template "servers" nomadService "faas-nomad" }}

          backend unchecked
            default-server {{ env "INSTANCES" }}
            {{- template "servers" nomadService "faas-nomad" }}
        EOF
      }

      resources {
        cpu    = 500
        memory = 256
      }
    }
  }
}
