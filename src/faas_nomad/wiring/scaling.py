"""Settings → what scales functions by itself: the lease, the instances' talk, and who decides."""

import uuid
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Never

import structlog

from faas_nomad.api.scaling_metrics import ScalingCollector
from faas_nomad.clients.connections import open_client
from faas_nomad.clients.http import Backend
from faas_nomad.clients.nomad_variables import NomadVariables
from faas_nomad.clients.prometheus import Prometheus
from faas_nomad.clients.tls import TlsFiles
from faas_nomad.clients.tokens import FixedToken
from faas_nomad.model.instances import MeetingPlace
from faas_nomad.proxy.stats import Stats
from faas_nomad.settings.page import Settings
from faas_nomad.state.activity import Activity, Figures
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobRecord
from faas_nomad.tasks.autoscaling import Autoscaling
from faas_nomad.tasks.deciding import Deciding, FiguresOf
from faas_nomad.tasks.idleness import Idleness
from faas_nomad.tasks.instances import Instances
from faas_nomad.tasks.lease import Lease
from faas_nomad.tasks.load_in_use import LoadInUse
from faas_nomad.tasks.loads import OwnLoads
from faas_nomad.tasks.sleep_answers import SleepAnswers
from faas_nomad.tasks.sleeping import Sleeping
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.scale_rules import (
    LEFT_ALONE,
    ScaleRules,
    check_scale_labels,
    scale_query,
    scale_rules,
)
from faas_nomad.wiring.data_path import AnyDataPath
from faas_nomad.wiring.jobs import job_policy
from faas_nomad.wiring.parts import Parts

log = structlog.get_logger()

PROMETHEUS_WITHIN_S = 3.0


@dataclass(frozen=True)
class ScalingParts:
    """What runs while the service scales functions by itself; nothing when it does not."""

    lease: Lease
    instances: Instances
    deciding: Deciding
    prometheus: Prometheus | None

    def decides(self) -> bool:
        """Tell whether this instance decides at present."""
        return self.lease.is_held

    def forever(self) -> list[Coroutine[Any, Any, Never]]:
        """Return the tasks."""
        return [self.lease.run(), self.instances.run(), self.deciding.run()]

    async def close(self) -> None:
        """End the connections."""
        if self.prometheus is not None:
            await self.prometheus.close()


class Rules:
    """The scale rules of functions, read once for each version of a job's content."""

    def __init__(self, policy: JobPolicy) -> None:
        self._policy = policy
        self._known: dict[tuple[Any, int], ScaleRules] = {}

    def of(self, job: JobRecord) -> ScaleRules:
        """Return how the function is scaled: not at all, if its job has what is no rule."""
        found = self._known.get((job.key, job.content))
        if found is None:
            if len(self._known) > 10_000:
                self._known.clear()
            found = self._known[job.key, job.content] = self._read(job)
        return found

    def _read(self, job: JobRecord) -> ScaleRules:
        try:
            check_scale_labels(job.fn)
            return scale_rules(job.fn, self._policy)
        except InvalidDeploymentError as err:  # another program wrote the job
            log.warning("a function is not scaled by itself", function=job.fn.service, why=str(err))
            return LEFT_ALONE


def scaling_parts(settings: Settings, parts: Parts, data_path: AnyDataPath) -> ScalingParts | None:
    """Return the parts, wired and shown in the metrics; None where something else is to scale."""
    changes, registry = parts.services.scaling.changes, parts.services.exposition.registry
    if settings.scaling.autoscaler != "builtin":
        registry.register(ScalingCollector(changes, bool))
        return None
    found = _builtin(settings, parts, data_path)
    registry.register(ScalingCollector(changes, found.decides))
    return found


def _builtin(settings: Settings, parts: Parts, data_path: AnyDataPath) -> ScalingParts:
    nomad, functions, scaling = parts.nomad, parts.services.functions, parts.services.scaling
    me = uuid.uuid4().hex
    variables = NomadVariables(nomad.backend, region=nomad.region)
    place = MeetingPlace(settings.nomad.namespace, settings.job.name_prefix)
    rules = Rules(job_policy(settings))
    figures_of = partial(_figures, data_path.stats)
    load = LoadInUse(functions, figures_of)
    lease = Lease(variables, place, me)
    instances = Instances(variables, place, me, load)
    activity = Activity()
    idleness, under_way = Idleness(functions, activity, rules.of), data_path.under_way
    sleeping = Sleeping(functions, scaling, idleness, under_way, lease, instances)
    lease.asked = SleepAnswers(functions, idleness, under_way, instances).asked
    prometheus = _prometheus(settings.scaling.prometheus_addr)
    autoscaling = Autoscaling(
        functions,
        scaling,
        rules.of,
        OwnLoads(functions, AllInstances(figures_of, instances), parts.usage.cpu_millicores),
        partial(_query, functions),
        prometheus.value if prometheus else None,
        lease,
        interval_s=settings.scaling.interval_s,
        window_s=settings.scaling.window_s,
    )
    deciders = (sleeping.decide, instances.refresh, autoscaling.decide)
    deciding = Deciding(functions, activity, lease, figures_of, deciders)
    return ScalingParts(lease, instances, deciding, prometheus)


@dataclass(frozen=True)
class AllInstances:
    """The figures of this instance and of those that report."""

    figures_of: FiguresOf
    instances: Instances

    def sources(self, name: str) -> dict[str, Figures]:
        """Return a function's figures by instance."""
        others = self.instances.others.items()
        found = {path: Figures(*one.load[name]) for path, one in others if name in one.load}
        return {"": self.figures_of(name), **found}


def _prometheus(address: str) -> Prometheus | None:
    if not address:
        return None
    client = open_client(address, TlsFiles(), PROMETHEUS_WITHIN_S)
    backend = Backend(
        "Prometheus",
        client,
        FixedToken(),
        token_header="Authorization",  # noqa: S106 - the header's name
        timeout_s=PROMETHEUS_WITHIN_S,
    )
    return Prometheus(backend)


def _query(functions: Functions, job: JobRecord) -> str:
    return scale_query(job.fn, functions.function_name(job.key))


def _figures(stats: Stats, name: str) -> Figures:
    found = stats.functions.get(name)
    return Figures(found.started, found.in_flight + found.tunnels) if found else Figures(0, 0)
