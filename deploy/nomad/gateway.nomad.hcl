# An OpenFaaS gateway before faas-nomad, for sites that have its licence and want its UI:
#   nomad job run -var image=IMAGE gateway.nomad.hcl
# faas-nomad needs none: its gateway address speaks the same API. This one calls the provider address
# of the instance on its own node. Run here with the gateway's last commit under the MIT licence,
# openfaas/faas 1ab3f32; what is less through it than without it: docs/clients.md.

variable "image" {
  type        = string
  description = "An image of the OpenFaaS gateway, of a release"
}

variable "datacenters" {
  type        = list(string)
  default     = ["*"]
  description = "Where the gateway may run: the nodes that run faas-nomad"
}

variable "namespace" {
  type        = string
  default     = "default"
  description = "The Nomad namespace of this job"
}

variable "instances" {
  type        = number
  default     = 1
  description = "How many, each on a node of its own"
}

variable "port" {
  type        = number
  default     = 8090
  description = "The port for callers; 8080 is faas-nomad's own on the same node"
}

variable "metrics_port" {
  type        = number
  default     = 8092
  description = "Where it answers /metrics"
}

variable "provider_url" {
  type        = string
  default     = ""
  description = "faas-nomad's provider address; empty is port 8081 of the gateway's node"
}

variable "function_namespace" {
  type        = string
  default     = "openfaas-fn"
  description = "faas-nomad's setting of that name"
}

variable "prometheus_host" {
  type        = string
  default     = ""
  description = "Where Prometheus is, which numbers of calls in lists come from: the gateway lists nothing without it; empty is the gateway's node"
}

variable "prometheus_port" {
  type        = number
  default     = 9090
  description = "Its port"
}

variable "basic_auth" {
  type        = bool
  default     = false
  description = "Ask for user and password, those of faas-nomad: the items user and password of the variable nomad/jobs/faas-nomad-gateway"
}

variable "timeout_s" {
  type        = number
  default     = 65
  description = "Seconds that an invocation, a stream or a followed log may take, more than faas-nomad's upstream_timeout"
}

job "faas-nomad-gateway" {
  namespace   = var.namespace
  type        = "service"
  datacenters = var.datacenters

  group "gateway" {
    count = var.instances

    constraint {
      operator = "distinct_hosts"
      value    = "true"
    }

    network {
      port "http" {
        static = var.port
        to     = 8080
      }
      port "metrics" {
        static = var.metrics_port
        to     = 8082
      }
    }

    service {
      name     = "faas-nomad-gateway"
      port     = "http"
      provider = "nomad"

      check {
        type     = "http"
        path     = "/healthz"
        interval = "5s"
        timeout  = "2s"
      }
    }

    shutdown_delay = "5s" # told to stop, it ends at once: what takes longer than this is cut off

    task "gateway" {
      driver = "docker"

      config {
        image = var.image
        ports = ["http", "metrics"] # those within are the image's own
      }

      dynamic "template" {
        for_each = var.basic_auth ? ["user", "password"] : []
        content {
          destination = "secrets/basic-auth-${template.value}"
          data        = "{{ with nomadVar \"nomad/jobs/faas-nomad-gateway\" }}{{ index . \"${template.value}\" }}{{ end }}"
          perms       = "0444"
        }
      }

      env {
        functions_provider_url = var.provider_url != "" ? "${trimsuffix(var.provider_url, "/")}/" : "http://${attr.unique.network.ip-address}:8081/"
        function_namespace     = var.function_namespace
        scale_from_zero        = "false" # faas-nomad wakes functions itself
        upstream_timeout       = "${var.timeout_s}s"
        read_timeout           = "${var.timeout_s + 5}s"
        write_timeout          = "${var.timeout_s + 5}s"
        faas_prometheus_host   = var.prometheus_host != "" ? var.prometheus_host : "${attr.unique.network.ip-address}"
        faas_prometheus_port   = "${var.prometheus_port}"
        basic_auth             = "${var.basic_auth}"
        secret_mount_path      = "${NOMAD_SECRETS_DIR}"
      }

      resources {
        cpu    = 200
        memory = 128
      }
    }
  }
}
