# Traefik that sends requests straight to functions' replicas, from the tags of their services:
# `nomad job run traefik.nomad.hcl`. Needs balancer_tags = traefik in faas-nomad; see
# docs/direct-routing.md. With ACLs on, Traefik needs a token that may read services.

variable "image" {
  type        = string
  default     = "docker.io/library/traefik:v3.3"
  description = "An image of Traefik 2.8 or later"
}

variable "datacenters" {
  type        = list(string)
  default     = ["*"]
  description = "Where Traefik may run"
}

variable "port" {
  type        = number
  default     = 80
  description = "The port for callers"
}

variable "discovery" {
  type        = string
  default     = "nomad"
  description = "nomad or consul, as faas-nomad's setting"
}

variable "nomad_addr" {
  type        = string
  default     = "http://127.0.0.1:4646"
  description = "Nomad's API as Traefik's nodes reach it"
}

variable "consul_addr" {
  type        = string
  default     = "127.0.0.1:8500"
  description = "Consul's API as Traefik's nodes reach it"
}

job "faas-traefik" {
  type        = "service"
  datacenters = var.datacenters

  group "traefik" {
    network {
      port "http" {
        static = var.port
      }
    }

    service {
      name     = "faas-traefik"
      port     = "http"
      provider = "nomad"

      check {
        type     = "http"
        path     = "/ping"
        interval = "5s"
        timeout  = "2s"
      }
    }

    task "traefik" {
      driver       = "docker"
      kill_timeout = "30s"

      config {
        image        = var.image
        network_mode = "host"
        args = concat(
          [
            "--entrypoints.web.address=:${var.port}",
            "--entrypoints.web.transport.lifecycle.gracetimeout=25s",
            "--ping=true",
            "--ping.entrypoint=web",
            "--log.format=json",
          ],
          var.discovery == "consul" ? [
            "--providers.consulcatalog=true",
            "--providers.consulcatalog.endpoint.address=${var.consul_addr}",
            "--providers.consulcatalog.exposedbydefault=false",
            "--providers.consulcatalog.watch=true",
            ] : [
            "--providers.nomad=true",
            "--providers.nomad.endpoint.address=${var.nomad_addr}",
            "--providers.nomad.exposedbydefault=false",
            "--providers.nomad.refreshinterval=2s",
          ],
        )
      }

      resources {
        cpu    = 500
        memory = 256
      }
    }
  }
}
