# For the configuration of every Nomad client that runs functions: `nomad agent -config=…` takes it
# beside your own. Without it a task that has been without servers, or without Vault, for about 5
# minutes never reads a new value of its secrets again, and one that is signalled on a change
# (com.openfaas.nomad.secrets.change_mode = signal) is killed. 0 attempts are attempts without end.

client {
  template {
    nomad_retry {
      attempts    = 0
      max_backoff = "15s"
    }
    vault_retry {
      attempts    = 0
      max_backoff = "15s"
    }
  }
}
