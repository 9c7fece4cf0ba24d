"""The OpenFaaS API on HashiCorp Nomad."""
