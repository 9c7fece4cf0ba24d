"""Nomad's HTTP API, the part that this project uses, asynchronous over httpx.

Events, logs and variables have clients of their own beside this one. Sources: nomad `api/`
(v1.11.1); a list's Raft index is in the header `X-Nomad-Index`.
"""

from faas_nomad.clients.nomad_cluster import ClusterCalls
from faas_nomad.clients.nomad_jobs import JobCalls
from faas_nomad.clients.nomad_namespaces import NamespaceCalls


class NomadClient(JobCalls, NamespaceCalls, ClusterCalls):
    """One method a call; each raises `clients.errors.BackendError` and nothing else."""

    def in_region(self, region: str) -> "NomadClient":
        """Return a client for another region, by the same agent; "" is this client's own."""
        return NomadClient(self.backend, region=region) if region else self
