# faas-nomad as a Nomad job: `nomad job run -var image=REGISTRY/faas-nomad:TAG faas-nomad.nomad.hcl`
# With ACLs on, run provisioning/nomad/apply.sh first: the job uses its workload identity.

variable "image" {
  type        = string
  description = "The faas-nomad image, built from this repository's Dockerfile"
}

variable "datacenters" {
  type        = list(string)
  default     = ["*"]
  description = "Where faas-nomad itself may run"
}

variable "instances" {
  type        = number
  default     = 2
  description = "How many instances; they share nothing but the cluster"
}

variable "gateway_port" {
  type        = number
  default     = 8080
  description = "The port for faas-cli, SDKs and callers of functions"
}

variable "provider_port" {
  type        = number
  default     = 8081
  description = "The port for an OpenFaaS gateway in front"
}

job "faas-nomad" {
  type        = "service"
  datacenters = var.datacenters

  group "faas-nomad" {
    count = var.instances

    constraint {
      distinct_hosts = true
    }

    network {
      port "gateway" {
        static = var.gateway_port
      }
      port "provider" {
        static = var.provider_port
      }
    }

    service {
      name     = "faas-nomad"
      port     = "gateway"
      provider = "nomad"

      check {
        type     = "http"
        path     = "/healthz"
        interval = "5s"
        timeout  = "2s"
      }
    }

    update {
      max_parallel = 1
      auto_revert  = true
    }

    # Balancers stop sending before the instance begins to drain.
    shutdown_delay = "5s"

    task "faas-nomad" {
      driver       = "docker"
      kill_timeout = "30s"

      config {
        image           = var.image
        network_mode    = "host"
        readonly_rootfs = true
        mount {
          type   = "tmpfs"
          target = "/tmp"
        }
      }

      # The agent's API on a local socket, with a token that Nomad renews.
      identity {
        env  = true
        file = true
      }

      env {
        NOMAD_ADDR       = "unix://${NOMAD_SECRETS_DIR}/api.sock"
        nomad_token_file = "${NOMAD_SECRETS_DIR}/nomad_token"
        gateway_port     = "${NOMAD_PORT_gateway}"
        port             = "${NOMAD_PORT_provider}"
        drain_timeout    = "25s"
        log_format       = "json"
      }

      resources {
        cpu    = 500
        memory = 256
      }
    }
  }
}
