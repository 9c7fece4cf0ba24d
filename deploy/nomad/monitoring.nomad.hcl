# Prometheus and Alertmanager for faas-nomad, with the files of deploy/prometheus and
# deploy/alertmanager: `nomad job run monitoring.nomad.hcl` in this folder.
#
# Alertmanager's calls to /system/alert carry the password that
#   nomad var put nomad/jobs/faas-nomad-monitoring basic_auth_password=@FILE
# keeps; without that variable it is empty.

variable "datacenters" {
  type        = list(string)
  default     = ["*"]
  description = "Where Prometheus and Alertmanager may run"
}

variable "prometheus_port" {
  type        = number
  default     = 9090
  description = "Where Prometheus answers"
}

variable "alertmanager_port" {
  type        = number
  default     = 9093
  description = "Where Alertmanager answers"
}

variable "retention" {
  type        = string
  default     = "15d"
  description = "How long samples are kept, on the disk of the allocation"
}

variable "alert_url" {
  type        = string
  default     = ""
  description = "Where alerts for scaling are posted; empty is /system/alert of a registered faas-nomad"
}

locals {
  prometheus = "../prometheus"

  # What the file has for a machine with everything on it, by what Nomad has registered.
  alert_url = var.alert_url != "" ? var.alert_url : "{{ range nomadService 1 (env \"NOMAD_ALLOC_ID\") \"faas-nomad\" }}http://{{ .Address }}:{{ .Port }}{{ else }}http://127.0.0.1:8080{{ end }}/system/alert"

  targets = <<-EOT
    [{{ range $i, $it := nomadService "SERVICE" }}{{ if $i }}, {{ end }}{"targets": ["{{ .Address }}:{{ .Port }}"]}{{ end }}]
  EOT
}

job "faas-nomad-monitoring" {
  type        = "service"
  datacenters = var.datacenters

  group "prometheus" {
    network {
      port "http" {
        static = var.prometheus_port
      }
    }

    ephemeral_disk {
      sticky  = true
      migrate = true
      size    = 2000
    }

    service {
      name     = "prometheus"
      port     = "http"
      provider = "nomad"

      check {
        type     = "http"
        path     = "/-/ready"
        interval = "10s"
        timeout  = "2s"
      }
    }

    task "prometheus" {
      driver = "docker"

      config {
        image        = "prom/prometheus:v2.55.1"
        network_mode = "host"
        args = [
          "--config.file=${NOMAD_TASK_DIR}/prometheus.yml",
          "--storage.tsdb.path=${NOMAD_ALLOC_DIR}/data/prometheus",
          "--storage.tsdb.retention.time=${var.retention}",
          "--web.listen-address=:${NOMAD_PORT_http}",
        ]
      }

      # Rules have {{ … }} of their own, which is Prometheus'.
      dynamic "template" {
        for_each = merge(
          { "local/prometheus.yml" = file("${local.prometheus}/prometheus.yml") },
          { for name in fileset("${local.prometheus}/rules", "*.yml") :
          "local/rules/${name}" => file("${local.prometheus}/rules/${name}") },
        )
        content {
          destination     = template.key
          data            = template.value
          left_delimiter  = "<no-template<"
          right_delimiter = ">no-template>"
          change_mode     = "signal"
          change_signal   = "SIGHUP"
        }
      }

      # Prometheus sees by itself that these have changed.
      dynamic "template" {
        for_each = ["faas-nomad", "alertmanager"]
        content {
          destination = "local/targets/${template.value}.json"
          data        = replace(local.targets, "SERVICE", template.value)
          change_mode = "noop"
        }
      }

      resources {
        cpu    = 200
        memory = 512
      }
    }
  }

  group "alertmanager" {
    network {
      port "http" {
        static = var.alertmanager_port
      }
    }

    service {
      name     = "alertmanager"
      port     = "http"
      provider = "nomad"

      check {
        type     = "http"
        path     = "/-/ready"
        interval = "10s"
        timeout  = "2s"
      }
    }

    task "alertmanager" {
      driver = "docker"

      config {
        image        = "prom/alertmanager:v0.27.0"
        network_mode = "host"
        args = [
          "--config.file=${NOMAD_SECRETS_DIR}/alertmanager.yml",
          "--storage.path=${NOMAD_ALLOC_DIR}/data/alertmanager",
          "--web.listen-address=:${NOMAD_PORT_http}",
          "--cluster.listen-address=",
        ]
      }

      # A relative path in the file is relative to its folder.
      template {
        destination   = "secrets/alertmanager.yml"
        data          = replace(file("../alertmanager/alertmanager.yml"), "http://127.0.0.1:8080/system/alert", local.alert_url)
        change_mode   = "signal"
        change_signal = "SIGHUP"
      }

      template {
        destination = "secrets/basic-auth-password"
        data        = "{{ if nomadVarExists \"nomad/jobs/faas-nomad-monitoring\" }}{{ with nomadVar \"nomad/jobs/faas-nomad-monitoring\" }}{{ .basic_auth_password }}{{ end }}{{ end }}"
        change_mode = "noop"
      }

      resources {
        cpu    = 100
        memory = 128
      }
    }
  }
}
