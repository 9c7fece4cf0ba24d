"""Settings → who tells which replicas serve, and what keeps that in step; opens no connection."""

from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Never

from faas_nomad.clients.consul import ConsulClient
from faas_nomad.clients.http import Backend, CallObserver, open_client
from faas_nomad.clients.tls import TlsFiles
from faas_nomad.settings.page import Settings
from faas_nomad.state.backends import Backends
from faas_nomad.state.consul_checks import ConsulDatacenter, ConsulDatacenters
from faas_nomad.state.discovery import Discovery, ProbesAlone
from faas_nomad.state.functions import Functions
from faas_nomad.tasks.consul_watch import ConsulWatch
from faas_nomad.wiring.nomad import token_source


@dataclass(frozen=True)
class Discoverer:
    """Who vouches for replicas, and how to follow what they say."""

    discovery: Discovery = field(default_factory=ProbesAlone)
    consul: ConsulClient | None = None
    datacenters: ConsulDatacenters | None = None
    service_prefix: str = ""

    def forever(self, functions: Functions, backends: Backends) -> list[Coroutine[Any, Any, Never]]:
        """Return the tasks that follow Consul: one for each of its datacenters."""
        if self.consul is None or self.datacenters is None:
            return []
        watches = [
            ConsulWatch(
                self.consul,
                functions,
                datacenter,
                backends.add(f"consul-{name}" if name else "consul"),
                service_prefix=self.service_prefix,
                name=name,
            )
            for name, datacenter in self.datacenters.by_name.items()
        ]
        return [watch.run() for watch in watches]

    async def close(self) -> None:
        """Close the connections to Consul."""
        if self.consul is not None:
            await self.consul.backend.client.aclose()


def discoverer_of(settings: Settings, observe: CallObserver) -> Discoverer:
    """Return discovery as the settings say.

    Raises:
        OSError, ssl.SSLError: A certificate file cannot be used.
    """
    if settings.functions.discovery != "consul":
        return Discoverer()
    consul = settings.consul
    names = consul.datacenters or ("",)
    datacenters = ConsulDatacenters({name: ConsulDatacenter(consul.grace_s) for name in names})
    client = consul_client(settings, observe)
    return Discoverer(datacenters, client, datacenters, settings.job.name_prefix)


def consul_client(settings: Settings, observe: CallObserver) -> ConsulClient:
    """Return a client for the Consul of the settings; the caller closes `backend.client`.

    Raises:
        OSError, ssl.SSLError: A certificate file cannot be used.
    """
    consul = settings.consul
    tls = TlsFiles(
        consul.ca_file,
        consul.ca_path,
        consul.cert_file,
        consul.key_file,
        consul.server_name,
        consul.skip_verify,
    )
    backend = Backend(
        "Consul",
        open_client(consul.addr, tls, consul.timeout_s),
        token_source(consul.token, consul.token_file),
        token_header="X-Consul-Token",  # noqa: S106 - the header's name
        timeout_s=consul.timeout_s,
        server_name=consul.server_name,
        observe=observe,
    )
    return ConsulClient(backend, timeout_s=consul.timeout_s)
