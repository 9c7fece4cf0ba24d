"""The only code that talks to Nomad, Consul and Vault: one thin asynchronous client each."""
