"""A stand-in for Nomad: the part of its HTTP API that this project uses, in one process.

It serves fast tests, simulations of many functions, and machines where Nomad cannot be had. It is
no scheduler: one node, room for everything, nothing kept over a restart, no ACLs. The contract
tests run against it and against the real Nomad alike. Entry points: `embedded.server` and
`python -m faas_nomad.embedded`.
"""
