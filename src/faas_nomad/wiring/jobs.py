"""Settings → how functions become jobs, and jobs are known as functions."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Literal, cast

import structlog

from faas_nomad.clients.nomad import NomadClient
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.operations.cluster import ClusterPolicy
from faas_nomad.settings.page import Settings
from faas_nomad.state.records import JobKey
from faas_nomad.state.region.jobs import ReadMeta
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.health import readiness_of
from faas_nomad.translate.meta import (
    created_ns_from_meta,
    deployment_from_job_meta,
    is_function_meta,
)
from faas_nomad.translate.names import Names
from faas_nomad.translate.policy import (
    BuiltInProxy,
    CheckPolicy,
    DownloadedWatchdog,
    EmbeddedWatchdog,
    HostWatchdog,
    JobPolicy,
    MeshPolicy,
    Watchdog,
)
from faas_nomad.translate.regions import Regions
from faas_nomad.translate.routing import sticky_of, upstream_tls_of
from faas_nomad.translate.timeouts import timeout_of
from faas_nomad.watchdog.build import zipapp_bytes

log = structlog.get_logger()

_ISOLATED_PYTHON = ("-I", "-S")
"""A function's PYTHONPATH and the like are for the function, not for the watchdog."""


def names_from(settings: Settings) -> Names:
    """Return how this installation names jobs and namespaces."""
    return Names(
        settings.job.name_prefix,
        settings.functions.namespace,
        settings.nomad.namespace,
        regions_of(settings),
    )


def regions_of(settings: Settings) -> Regions:
    """Return the regions of Nomad that are followed; naming one twice does nothing."""
    own, others = settings.nomad.region, dict.fromkeys(settings.nomad.regions)
    return Regions(own, tuple(name for name in others if name != own))


def job_policy(settings: Settings) -> JobPolicy:
    """Return what jobs are made of; the cluster resolves watchdog, driver and MHz per core."""
    job = settings.job
    base = JobPolicy()
    check = base.check if job.http_check else CheckPolicy(kind="none")
    return replace(
        base,
        job_name_prefix=job.name_prefix,
        function_namespace=settings.functions.namespace,
        nomad_namespace=settings.nomad.namespace,
        service_provider=cast(Literal["nomad", "consul"], settings.functions.discovery),
        regions=regions_of(settings),
        mesh=_mesh(settings),
        allowed_drivers=job.allowed_drivers,
        allowed_networks=job.allowed_networks,
        datacenters=job.datacenters,
        node_pool=job.node_pool,
        cpu_arch=job.cpu_arch,
        public_url=job.public_url,
        dashboard_url=job.dashboard_url,
        network_mode="" if job.network_mode == "auto" else job.network_mode,
        dns_servers=job.dns_servers,
        registry_secret=job.registry_secret,
        podman_tls_verify=job.podman_tls_verify,
        dns_searches=job.dns_searches,
        service_meta=job.service_meta,
        balancer_tags=job.balancer_tags,
        service_host=job.service_host,
        direct_routing=job.direct_routing,
        default_cpu_mhz=job.cpu_mhz,
        default_memory_mb=job.memory_mb,
        cpu_bare_integer=cast(Literal["cores", "mhz"], job.cpu_bare_integer),
        memory_oversubscription=job.memory_oversubscription,
        max_count=job.max_count,
        scale_cap=settings.scaling.cap,
        idle_s=settings.scaling.idle_s,
        autoscaler=cast(Literal["builtin", "nomad", "off"], settings.scaling.autoscaler),
        watchdog_python=(job.watchdog_python, *_ISOLATED_PYTHON),
        check=check,
    )


def cluster_policy(settings: Settings, nomad: NomadClient) -> ClusterPolicy:
    """Return what resolves the job policy against the nodes there are."""
    return ClusterPolicy(
        nomad,
        job_policy(settings),
        partial(_watchdog, settings.job.watchdog, settings.job.watchdog_checksum),
        driver=settings.job.driver,
        mhz_per_core=settings.job.mhz_per_core,
    )


def meta_reader(names: Names) -> ReadMeta:
    """Return what tells our functions' jobs from others, by their meta."""

    def read(key: JobKey, meta: Mapping[str, str]) -> tuple[FunctionDeployment, int] | None:
        if not is_function_meta(meta):
            return None
        try:
            fn = deployment_from_job_meta(meta)
            readiness_of(fn), timeout_of(fn), sticky_of(fn), upstream_tls_of(fn)
        except InvalidDeploymentError as err:
            log.warning("a job's meta is no deployment, it is left alone", job=key, why=str(err))
            return None
        return (fn, created_ns_from_meta(meta)) if fn.service == names.service(key.job_id) else None

    return read


def _mesh(settings: Settings) -> MeshPolicy:
    mesh, consul = settings.mesh, settings.consul
    sidecar = BuiltInProxy(
        mesh.sidecar_driver,
        mesh.sidecar_command,
        mesh.sidecar_addr,
        has_token=bool(consul.token or consul.token_file),
    )
    use = cast(Literal["off", "asked", "on"], mesh.use)
    return MeshPolicy(use, None if mesh.sidecar_driver == "envoy" else sidecar)


def _watchdog(setting: str, checksum: str) -> Watchdog:
    if setting == "embedded":
        return EmbeddedWatchdog(zipapp_bytes())
    if setting.startswith("/"):
        return HostWatchdog(setting)
    return DownloadedWatchdog(setting, checksum)
