"""Settings → the values that the parts of the service take; opens nothing but token files."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

import structlog

from faas_nomad.clients.http import Backend, CallObserver, TlsFiles, open_client
from faas_nomad.clients.lean_get import LeanGetter, place_of
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.clients.probe import Probe
from faas_nomad.clients.tokens import FileToken, FixedToken, TokenSource
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.operations.cluster import ClusterPolicy
from faas_nomad.proxy.certificate import CertificateFiles
from faas_nomad.proxy.limits import ProxyLimits
from faas_nomad.proxy.trust import Trust
from faas_nomad.settings.page import Settings
from faas_nomad.state.endpoints import RoutePolicy, Sticky, UpstreamTls
from faas_nomad.state.picture import ReadMeta
from faas_nomad.state.records import JobKey, JobRecord
from faas_nomad.tasks.sync import SyncSettings
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.health import readiness_of
from faas_nomad.translate.meta import (
    created_ns_from_meta,
    deployment_from_job_meta,
    is_function_meta,
)
from faas_nomad.translate.names import Names
from faas_nomad.translate.nomad_rights import right_for
from faas_nomad.translate.policy import (
    CheckPolicy,
    DownloadedWatchdog,
    EmbeddedWatchdog,
    HostWatchdog,
    JobPolicy,
    Watchdog,
)
from faas_nomad.translate.routing import sticky_of, upstream_tls_of
from faas_nomad.translate.timeouts import timeout_of
from faas_nomad.watchdog.build import zipapp_bytes

log = structlog.get_logger()

_ISOLATED_PYTHON = ("-I", "-S")
"""A function's PYTHONPATH and the like are for the function, not for the watchdog."""


def names_from(settings: Settings) -> Names:
    """Return how this installation names jobs and namespaces."""
    return Names(settings.job.name_prefix, settings.functions.namespace, settings.nomad.namespace)


def nomad_client(settings: Settings, observe: CallObserver) -> NomadClient:
    """Return a client for the Nomad of the settings; the caller closes `backend.client`.

    Raises:
        OSError, ssl.SSLError: A certificate file cannot be used.
    """
    nomad = settings.nomad
    backend = Backend(
        "Nomad",
        open_client(nomad.addr, nomad_tls(settings), nomad.timeout_s),
        token_source(nomad.token, nomad.token_file),
        token_header="X-Nomad-Token",  # noqa: S106 - the header's name
        timeout_s=nomad.timeout_s,
        server_name=nomad.server_name,
        observe=observe,
        right_for=right_for,
    )
    return NomadClient(backend, region=nomad.region)


def nomad_tls(settings: Settings) -> TlsFiles:
    """Return the certificates for Nomad."""
    nomad = settings.nomad
    return TlsFiles(
        nomad.ca_file,
        nomad.ca_path,
        nomad.cert_file,
        nomad.key_file,
        nomad.server_name,
        nomad.skip_verify,
    )


def nomad_getter(settings: Settings, backend: Backend) -> LeanGetter:
    """Return the quick way to the same Nomad, for reads of usage; the caller closes it.

    Raises:
        OSError, ssl.SSLError: A certificate file cannot be used.
    """
    place = place_of(settings.nomad.addr, nomad_tls(settings))
    return LeanGetter("Nomad", place, backend.auth_headers)


def proxy_limits(settings: Settings) -> ProxyLimits:
    """Return the data path's bounds; an invocation ends with the earlier of its two limits."""
    proxy = settings.proxy
    return replace(
        ProxyLimits(),
        max_head_bytes=proxy.max_head_bytes,
        max_fields=proxy.max_header_count,
        max_body_bytes=proxy.max_body_bytes,
        head_time_s=proxy.header_timeout_s,
        idle_time_s=proxy.idle_timeout_s,
        body_time_s=proxy.read_timeout_s,
        exchange_time_s=min(proxy.upstream_timeout_s, proxy.write_timeout_s),
        connect_time_s=proxy.connect_timeout_s,
        upstream_idle_time_s=proxy.upstream_idle_timeout_s,
        tunnel_idle_time_s=proxy.tunnel_idle_timeout_s,
        drain_time_s=proxy.drain_timeout_s,
        max_connections=proxy.max_connections_per_replica,
        max_idle_connections=proxy.max_idle_connections_per_replica,
        max_waiting=proxy.max_waiting_requests,
        max_waiting_bytes=proxy.max_waiting_bytes,
        wake_time_s=settings.scaling.wake_timeout_s,
        max_clients=proxy.max_connections,
        max_tunnels=proxy.max_tunnels,
        max_tries=proxy.max_tries,
        retry_percent=proxy.retry_percent,
        write_buffer_bytes=proxy.max_unread_bytes,
        max_held_bytes=proxy.max_pipelined_bytes,
        max_trailer_bytes=proxy.max_trailer_bytes,
        max_skipped_bytes=proxy.max_skipped_bytes,
        linger_time_s=proxy.linger_timeout_s,
    )


def sync_settings(settings: Settings) -> SyncSettings:
    """Return what the sync task reads and how often."""
    return SyncSettings(
        resync_interval_s=settings.functions.resync_interval_s,
        job_prefix=settings.job.name_prefix,
        default_namespace=settings.nomad.namespace,
    )


def job_policy(settings: Settings) -> JobPolicy:
    """Return what jobs are made of; driver and MHz per core are the cluster's to resolve."""
    job = settings.job
    base = JobPolicy()
    check = base.check if job.http_check else CheckPolicy(kind="none")
    return replace(
        base,
        job_name_prefix=job.name_prefix,
        function_namespace=settings.functions.namespace,
        nomad_namespace=settings.nomad.namespace,
        service_provider=cast(Literal["nomad", "consul"], settings.functions.discovery),
        region=settings.nomad.region,
        allowed_drivers=job.allowed_drivers,
        datacenters=job.datacenters,
        node_pool=job.node_pool,
        cpu_arch=job.cpu_arch,
        public_url=job.public_url,
        dashboard_url=job.dashboard_url,
        network_mode="" if job.network_mode == "auto" else job.network_mode,
        dns_servers=job.dns_servers,
        registry_secret=job.registry_secret,
        dns_searches=job.dns_searches,
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
        watchdog=_watchdog(job.watchdog, job.watchdog_checksum),
        watchdog_python=(job.watchdog_python, *_ISOLATED_PYTHON),
        check=check,
    )


def cluster_policy(settings: Settings, nomad: NomadClient) -> ClusterPolicy:
    """Return what resolves the job policy against the nodes there are."""
    return ClusterPolicy(
        nomad,
        job_policy(settings),
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


def route_policy(job: JobRecord) -> RoutePolicy:
    """Return how a function's invocations are carried."""
    wanted = sticky_of(job.fn)
    sticky = Sticky(wanted.by, wanted.name) if wanted else None
    return RoutePolicy(timeout_s=timeout_of(job.fn), sticky=sticky, tls=_tls(job))


def certificate_files(settings: Settings) -> CertificateFiles | None:
    """Return what callers are shown; None when they do not speak TLS."""
    listen = settings.listen
    return CertificateFiles(listen.cert_file, listen.key_file) if listen.cert_file else None


def upstream_trust(settings: Settings) -> Trust:
    """Return whose certificates are believed of functions that speak TLS.

    Raises:
        OSError, ssl.SSLError: The certificate file cannot be used.
    """
    trust = Trust(settings.proxy.upstream_ca_file)
    trust.load()
    return trust


def _tls(job: JobRecord) -> UpstreamTls | None:
    wanted = upstream_tls_of(job.fn)
    return UpstreamTls(wanted.verify, wanted.server_name) if wanted else None


def probe_of(settings: Settings, trust: Trust) -> Callable[[JobRecord], Probe]:
    """Return what says how a function's new replicas are found ready: by HTTP, or an open port."""
    default_kind = job_policy(settings).check.kind

    def probe(job: JobRecord) -> Probe:
        readiness, tls = readiness_of(job.fn, default_kind), _tls(job)
        return Probe(
            path=readiness.path if readiness.kind == "http" else "",
            first_after_s=readiness.initial_delay_s,
            every_s=readiness.period_s,
            timeout_s=readiness.timeout_s,
            successes=readiness.success_threshold,
            tls=trust.context(tls) if tls else None,
            server_name=tls.server_name if tls else "",
        )

    return probe


def token_source(token: str, file: str) -> TokenSource:
    """Return where a token comes from: its file, if there is one."""
    if file:
        return FileToken(Path(file), lambda why: log.warning(why))
    return FixedToken(token)


def _watchdog(setting: str, checksum: str) -> Watchdog:
    if setting == "embedded":
        return EmbeddedWatchdog(zipapp_bytes())
    if setting.startswith("/"):
        return HostWatchdog(setting)
    return DownloadedWatchdog(setting, checksum)
