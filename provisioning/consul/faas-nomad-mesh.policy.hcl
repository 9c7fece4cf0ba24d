# What faas-nomad may do besides, where functions are in Consul's service mesh: be the service that
# the setting consul_connect_service names, and so get that service's certificate. The authorities
# of the mesh take no right.

service "SERVICE" {
  policy = "write"
}
