"""What Consul's HTTP API answers, as far as this project reads it; spelled as the API spells it.

Sources: consul `api/health.go`, `agent/structs/connect_ca.go` (v1.20).
"""

from typing import TypedDict


class HealthCheck(TypedDict):
    """One check of `GET /v1/health/state/any`; a node's own have no service."""

    Node: str
    Status: str
    """`passing`, `warning` or `critical`."""
    Output: str
    """What the check found; empty from an agent's start until it has run."""
    ServiceID: str
    ServiceName: str


class MeshLeaf(TypedDict):
    """The certificate of a service in the mesh, `GET /v1/agent/connect/ca/leaf/:service`."""

    CertPEM: str
    """With what is between it and the root."""
    PrivateKeyPEM: str
    ServiceURI: str
    ValidAfter: str
    ValidBefore: str
    """Both as RFC 3339 has it."""


class MeshRoot(TypedDict):
    """An authority of the mesh; while it is being replaced there are several."""

    RootCert: str


class MeshRoots(TypedDict):
    """The mesh's authorities, `GET /v1/agent/connect/ca/roots`."""

    TrustDomain: str
    Roots: list[MeshRoot]
