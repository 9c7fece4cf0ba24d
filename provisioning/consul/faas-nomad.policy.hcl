# What faas-nomad may do in Consul, and nothing else: read the checks of its functions, and of the
# nodes that they are on. PREFIX is the setting job_name_prefix.

service_prefix "PREFIX" {
  policy = "read"
}

node_prefix "" {
  policy = "read"
}
