# What faas-nomad may do in Nomad, and nothing else. One `namespace` block for each Nomad
# namespace that holds functions; "default" is the one that openfaas-fn stands for unless the
# setting nomad_namespace says otherwise. ACLs cannot tell jobs of one namespace apart, so
# functions are best kept in a namespace of their own.

namespace "default" {
  # list-jobs, read-job: what functions there are, their allocations, the event stream.
  # submit-job: deploy, scale, update and remove.
  # read-logs: what functions wrote.
  capabilities = ["list-jobs", "read-job", "submit-job", "read-logs"]

  # Function secrets: their masters, where no job may read, and each function's own copies on its
  # job's path. "openfaas-" is the setting job_name_prefix.
  variables {
    path "openfaas/secrets/*" {
      capabilities = ["read", "write", "list", "destroy"]
    }
    # The instances' talk about scaling: who decides, and what each has under way.
    path "openfaas/scaling/*" {
      capabilities = ["read", "write", "list", "destroy"]
    }
    path "nomad/jobs/openfaas-*" {
      capabilities = ["read", "write", "list", "destroy"]
    }
  }
}

# Which drivers nodes have and how fast they are: for job_driver = auto and CPU in cores.
node {
  policy = "read"
}
