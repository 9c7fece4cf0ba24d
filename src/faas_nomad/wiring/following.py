"""Settings → what is known of functions, and what keeps it true."""

import time
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Never

from faas_nomad.api.exposition import Exposition
from faas_nomad.api.freshness_metrics import FreshnessCollector
from faas_nomad.api.state_metrics import StateCollector, replica_series
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.proxy.mesh import Mesh
from faas_nomad.proxy.trust import Trust
from faas_nomad.settings.page import Settings
from faas_nomad.state.backends import Backends, backend_name
from faas_nomad.state.discovery import Discovery
from faas_nomad.state.endpoints import RouteTable
from faas_nomad.state.freshness import Freshness
from faas_nomad.state.functions import Functions
from faas_nomad.state.nearness import Nearness
from faas_nomad.state.picture import Picture
from faas_nomad.tasks.readiness import Readiness
from faas_nomad.tasks.sync import Sync
from faas_nomad.tasks.vacating import Vacating
from faas_nomad.translate.regions import OWN
from faas_nomad.wiring.invocations import probe_of, route_policy, stop_time_of
from faas_nomad.wiring.jobs import meta_reader, names_from
from faas_nomad.wiring.nomad import sync_settings


@dataclass(frozen=True)
class Following:
    """What follows Nomad and the replicas."""

    syncs: tuple[Sync, ...]
    """One a region, the own one first."""
    readiness: Readiness
    freshness: Freshness

    def forever(self) -> list[Coroutine[Any, Any, Never]]:
        """Return the tasks that keep the picture of functions true."""
        return [*(sync.run() for sync in self.syncs), self.readiness.run()]


def functions_of(settings: Settings, discovery: Discovery) -> Functions:
    """Return what is known of functions: nothing yet."""
    names = names_from(settings)
    return Functions(
        Picture(meta_reader(names), names.regions.all),
        RouteTable(is_known=False),
        names,
        route_policy,
        discovery,
        Nearness(settings.functions.own_datacenter),
        explain=settings.functions.explain,
    )


def following_of(
    settings: Settings,
    nomad: NomadClient,
    functions: Functions,
    backends: Backends,
    trust: Trust,
    mesh: Mesh,
) -> Following:
    """Return what follows, wired: it tells `functions`, and `backends` how Nomad is."""
    freshness = Freshness()
    Vacating(functions, stop_time_of(settings))
    syncs = tuple(
        Sync(
            nomad.in_region(region),
            functions,
            backends.add(backend_name(region)),
            sync_settings(settings, region),
            freshness,
        )
        for region in functions.names.regions.all
    )
    return Following(syncs, Readiness(functions, probe_of(settings, trust, mesh)), freshness)


def show_following(
    following: Following, functions: Functions, backends: Backends, exposition: Exposition
) -> None:
    """Give the metrics what is known of functions, and how old it is."""
    registry, freshness = exposition.registry, following.freshness
    readiness, nomad_state = following.readiness, backends.add(backend_name(OWN))
    registry.register(
        StateCollector(functions, backends, lambda: readiness.probing, time.monotonic)
    )
    registry.register(FreshnessCollector(freshness, nomad_state, time.monotonic))
    exposition.add_series(partial(replica_series, functions))
