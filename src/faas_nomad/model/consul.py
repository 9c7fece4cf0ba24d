"""What Consul's HTTP API answers, as far as this project reads it; spelled as the API spells it.

Source: consul `api/health.go` (v1.20).
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
