# What a Nomad agent, client or server, may do in Consul: find others, and register what its jobs
# ask for. Functions' services are registered with their own workload identities; the agent's
# token removes them. Sites that have such a policy already need not use this one.

agent_prefix "" {
  policy = "read"
}

node_prefix "" {
  policy = "read"
}

service_prefix "" {
  policy = "write"
}
