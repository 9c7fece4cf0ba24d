# faas-nomad as a Nomad job, from a copy that is installed on the nodes, without an image:
#   python3 -m venv /opt/faas-nomad && /opt/faas-nomad/bin/pip install .      (on every node)
#   nomad job run faas-nomad-exec.nomad.hcl
# With ACLs on, run provisioning/nomad/apply.sh first: the job uses its workload identity. The
# driver exec needs /opt/faas-nomad and Python in the clients' chroot_env. Keep this file in step
# with faas-nomad.nomad.hcl; a test compares.

variable "command" {
  type        = string
  default     = "/opt/faas-nomad/bin/faas-nomad"
  description = "The faas-nomad program on the nodes"
}

variable "driver" {
  type        = string
  default     = "exec"
  description = "exec, or raw_exec where the clients allow it"
}

variable "user" {
  type        = string
  default     = "nobody"
  description = "The user on the nodes that runs it"
}

variable "datacenters" {
  type        = list(string)
  default     = ["*"]
  description = "Where faas-nomad itself may run"
}

variable "namespace" {
  type        = string
  default     = "default"
  description = "The Nomad namespace of this job"
}

variable "instances" {
  type        = number
  default     = 2
  description = "How many instances, each on a node of its own; they share nothing but the cluster"
}

variable "gateway_port" {
  type        = number
  default     = 8080
  description = "The port for faas-cli, SDKs and callers of functions; 0: any, for ingress.nomad.hcl"
}

variable "provider_port" {
  type        = number
  default     = 8081
  description = "The port for an OpenFaaS gateway in front; 0: any"
}

variable "basic_auth" {
  type        = bool
  default     = false
  description = "Ask for user and password: the items user and password of the variable nomad/jobs/faas-nomad"
}

variable "tls" {
  type        = bool
  default     = false
  description = "Speak HTTPS: the items tls_cert and tls_key of the variable nomad/jobs/faas-nomad"
}

variable "settings" {
  type        = map(string)
  default     = {}
  description = "Any setting by its name, e.g. {job_driver = \"docker\", log_level = \"debug\"}"
}

job "faas-nomad" {
  namespace   = var.namespace
  type        = "service"
  datacenters = var.datacenters

  group "faas-nomad" {
    count = var.instances

    constraint {
      operator = "distinct_hosts"
      value    = "true"
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
        path     = "/readyz"
        interval = "5s"
        timeout  = "2s"

        protocol        = var.tls ? "https" : "http"
        tls_skip_verify = true # the agent asks for an address, the certificate has a name
      }
    }

    # One instance after the other; the ports are fixed, so a new one waits for the old one's end.
    update {
      max_parallel     = 1
      min_healthy_time = "5s"
      healthy_deadline = "2m"
      auto_revert      = true
    }

    migrate {
      max_parallel = 1
    }

    # Nomad's own 15 s between two starts would leave the others alone for as long.
    restart {
      attempts = 5
      interval = "1m"
      delay    = "2s"
      mode     = "delay"
    }

    # Between the end of the registration and SIGTERM: those who ask Nomad stop sending. Those who
    # ask /readyz have the setting shutdown_delay after it.
    shutdown_delay = "5s"

    task "faas-nomad" {
      driver = var.driver
      user   = var.user
      # shutdown_delay and drain_timeout, and some; clients cut it to their max_kill_timeout, 30s.
      kill_timeout = "30s"

      config {
        command = var.command
        args    = ["serve"]
      }

      # The agent's API on a local socket, with a token that Nomad renews.
      identity {
        file = true
      }

      dynamic "template" {
        for_each = var.basic_auth ? ["user", "password"] : []
        content {
          destination = "secrets/basic-auth-${template.value}"
          data        = "{{ with nomadVar \"nomad/jobs/faas-nomad\" }}{{ index . \"${template.value}\" }}{{ end }}"
          perms       = "0444"
        }
      }

      # Read again by the service when they change.
      dynamic "template" {
        for_each = var.tls ? ["tls_cert", "tls_key"] : []
        content {
          destination = "secrets/${template.value}.pem"
          data        = "{{ with nomadVar \"nomad/jobs/faas-nomad\" }}{{ .${template.value} }}{{ end }}"
          perms       = "0444"
          change_mode = "noop"
        }
      }

      # PYTHONMALLOC: what many readers of logs took goes back to the system; see docs/logs.md.
      env = merge({
        PYTHONMALLOC      = "malloc"
        NOMAD_ADDR        = "unix://${NOMAD_SECRETS_DIR}/api.sock"
        nomad_token_file  = "${NOMAD_SECRETS_DIR}/nomad_token"
        gateway_port      = "${NOMAD_PORT_gateway}"
        port              = "${NOMAD_PORT_provider}"
        basic_auth        = "${var.basic_auth}"
        secret_mount_path = "${NOMAD_SECRETS_DIR}"
        shutdown_delay    = "3s"
        drain_timeout     = "25s"
        log_format        = "json"
        }, var.tls ? {
        tls_cert = "${NOMAD_SECRETS_DIR}/tls_cert.pem"
        tls_key  = "${NOMAD_SECRETS_DIR}/tls_key.pem"
      } : {}, var.settings)

      resources {
        cpu    = 500
        memory = 256
      }
    }
  }
}
