"""A Nomad job as HCL, for people and their repositories. Pure."""
