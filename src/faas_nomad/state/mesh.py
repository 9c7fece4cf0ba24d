"""The service as a member of Consul's service mesh: who it is there, and whom it believes. Pure.

Sources: consul `agent/connect/uri_service.go` (the SPIFFE ID of a service) and `agent/connect/
sni.go` (the name it is asked for by); SPIFFE-ID 2 and X509-SVID 4.2: one URI names one workload.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class MeshIdentity:
    """What is shown to the sidecars of functions, and whose certificates are believed of them."""

    certificate: str
    """PEM, with what is between it and the root."""
    key: str = field(repr=False)
    """PEM; it stays in memory."""
    roots: str
    """The mesh's authorities, PEM: while they are replaced, the old and the new."""
    trust_domain: str
    datacenters: tuple[str, ...]
    """Where functions may be, the own one first."""

    def server_name(self, service: str) -> str:
        """Return the name that the service's sidecars are asked for by."""
        return f"{service}.default.{self.datacenters[0]}.internal.{self.trust_domain}"

    def is_of(self, service: str, certificate: Mapping[str, Any] | None) -> bool:
        """Return whether a verified certificate is that service's.

        It comes as `ssl.SSLSocket.getpeercert` gives it; None when there was none.
        """
        names = (certificate or {}).get("subjectAltName") or ()
        uris = [value for kind, value in names if kind == "URI"]
        expected = {spiffe_id(self.trust_domain, one, service) for one in self.datacenters}
        return len(uris) == 1 and uris[0] in expected


def spiffe_id(trust_domain: str, datacenter: str, service: str) -> str:
    """Return the identity of a service in Consul without Enterprise."""
    return f"spiffe://{trust_domain}/ns/default/dc/{datacenter}/svc/{service}"


def datacenter_of(spiffe_uri: str) -> str:
    """Return the datacenter in a service's identity; "" when it is none."""
    parts = spiffe_uri.split("/")
    is_service = len(parts) == 9 and parts[0] == "spiffe:" and parts[5::2] == ["dc", "svc"]
    return parts[6] if is_service else ""
