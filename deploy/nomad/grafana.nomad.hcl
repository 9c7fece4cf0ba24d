# Grafana with the dashboards of deploy/grafana: `nomad job run grafana.nomad.hcl` in this folder. It
# finds the Prometheus of monitoring.nomad.hcl by its registration. The password of the user admin is
#   nomad var put nomad/jobs/faas-nomad-grafana admin_password=@FILE
# which has to be there first.

variable "image" {
  type        = string
  default     = "docker.io/grafana/grafana:11.4.0"
  description = "An image of Grafana 10 or later"
}

variable "datacenters" {
  type        = list(string)
  default     = ["*"]
  description = "Where Grafana may run"
}

variable "namespace" {
  type        = string
  default     = "default"
  description = "The Nomad namespace of this job, that of monitoring.nomad.hcl"
}

variable "port" {
  type        = number
  default     = 3000
  description = "Where Grafana answers"
}

variable "prometheus_url" {
  type        = string
  default     = ""
  description = "The Prometheus to read; empty is one that is registered in Nomad as prometheus"
}

locals {
  grafana = "../grafana"

  # What the file has for a machine with everything on it, by what Nomad has registered.
  prometheus_url = var.prometheus_url != "" ? var.prometheus_url : "{{ range nomadService 1 (env \"NOMAD_ALLOC_ID\") \"prometheus\" }}http://{{ .Address }}:{{ .Port }}{{ else }}http://127.0.0.1:9090{{ end }}"
}

job "faas-nomad-grafana" {
  namespace   = var.namespace
  type        = "service"
  datacenters = var.datacenters

  group "grafana" {
    network {
      port "http" {
        static = var.port
      }
    }

    service {
      name     = "grafana"
      port     = "http"
      provider = "nomad"

      check {
        type     = "http"
        path     = "/api/health"
        interval = "10s"
        timeout  = "2s"
      }
    }

    task "grafana" {
      driver = "docker"

      config {
        image        = var.image
        network_mode = "host"
      }

      # Dashboards have {{ … }} of their own, which is Grafana's.
      dynamic "template" {
        for_each = fileset("${local.grafana}/dashboards", "*.json")
        content {
          destination     = "local/dashboards/${template.value}"
          data            = file("${local.grafana}/dashboards/${template.value}")
          left_delimiter  = "<no-template<"
          right_delimiter = ">no-template>"
          change_mode     = "noop"
        }
      }

      template {
        destination = "local/provisioning/dashboards/faas-nomad.yml"
        data        = replace(file("${local.grafana}/provisioning/dashboards/faas-nomad.yml"), "/etc/grafana/dashboards/faas-nomad", "{{ env \"NOMAD_TASK_DIR\" }}/dashboards")
        change_mode = "noop"
      }

      template {
        destination = "local/provisioning/datasources/prometheus.yml"
        data        = replace(file("${local.grafana}/provisioning/datasources/prometheus.yml"), "http://127.0.0.1:9090", local.prometheus_url)
      }

      template {
        destination = "secrets/admin-password"
        data        = "{{ with nomadVar \"nomad/jobs/faas-nomad-grafana\" }}{{ .admin_password }}{{ end }}"
        perms       = "0444"
      }

      env {
        GF_SERVER_HTTP_PORT              = "${NOMAD_PORT_http}"
        GF_PATHS_DATA                    = "${NOMAD_ALLOC_DIR}/data"
        GF_PATHS_PROVISIONING            = "${NOMAD_TASK_DIR}/provisioning"
        GF_SECURITY_ADMIN_PASSWORD__FILE = "${NOMAD_SECRETS_DIR}/admin-password"
        GF_ANALYTICS_REPORTING_ENABLED   = "false"
        GF_ANALYTICS_CHECK_FOR_UPDATES   = "false"
      }

      resources {
        cpu    = 200
        memory = 256
      }
    }
  }
}
