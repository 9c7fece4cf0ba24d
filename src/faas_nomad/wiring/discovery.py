"""Settings → who tells which replicas serve, and what keeps that in step; opens no connection."""

from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Never

from faas_nomad.clients.connections import open_client
from faas_nomad.clients.consul import ConsulClient
from faas_nomad.clients.http import Backend, CallObserver
from faas_nomad.clients.tls import TlsFiles
from faas_nomad.settings.page import Settings
from faas_nomad.state.backends import Backends
from faas_nomad.state.consul_checks import ConsulDatacenter, ConsulDatacenters
from faas_nomad.state.discovery import Discovery, ProbesAlone
from faas_nomad.state.functions import Functions
from faas_nomad.tasks.consul_watch import ConsulWatch
from faas_nomad.tasks.mesh_watch import MeshWatch, TakeIdentity
from faas_nomad.wiring.nomad import token_source

_NONE = ConsulDatacenters({})


@dataclass(frozen=True)
class Discoverer:
    """Who vouches for replicas, and how to follow what they say."""

    discovery: Discovery = field(default_factory=ProbesAlone)
    consul: ConsulClient | None = None
    datacenters: ConsulDatacenters | None = None
    service_prefix: str = ""
    mesh_service: str = ""
    """Who we are in Consul's service mesh; "": not in it."""

    def forever(
        self, functions: Functions, backends: Backends, take: TakeIdentity
    ) -> list[Coroutine[Any, Any, Never]]:
        """Return the tasks that follow Consul: one for each of its datacenters, two for its mesh.

        `take` is told our identity in the mesh.
        """
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
        return [*(watch.run() for watch in watches), *self._in_mesh(self.consul, backends, take)]

    def _in_mesh(
        self, consul: ConsulClient, backends: Backends, take: TakeIdentity
    ) -> list[Coroutine[Any, Any, Never]]:
        if not self.mesh_service:
            return []
        names = tuple(name for name in (self.datacenters or _NONE).by_name if name)
        state = backends.add("consul-mesh")
        return MeshWatch(consul, self.mesh_service, names, state, take).forever()

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
    mesh_service = "" if settings.mesh.use == "off" else settings.mesh.service
    prefix = settings.job.name_prefix
    return Discoverer(datacenters, client, datacenters, prefix, mesh_service)


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
