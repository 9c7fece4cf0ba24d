"""Settings → how invocations are carried, and how new replicas are found ready."""

from collections.abc import Callable
from dataclasses import replace

from faas_nomad.clients.probe import Probe
from faas_nomad.proxy.certificate import CertificateFiles
from faas_nomad.proxy.limits import ProxyLimits
from faas_nomad.proxy.mesh import Mesh
from faas_nomad.proxy.trust import Trust
from faas_nomad.settings.page import Settings
from faas_nomad.state.endpoints import RoutePolicy, Sticky, UpstreamTls
from faas_nomad.state.records import JobRecord
from faas_nomad.tasks.vacating import LONGEST_STOP_S
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.health import readiness_of
from faas_nomad.translate.routing import sticky_of, upstream_tls_of
from faas_nomad.translate.timeouts import stop_time_s, timeout_of
from faas_nomad.wiring.jobs import job_policy


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


def route_policy(job: JobRecord) -> RoutePolicy:
    """Return how a function's invocations are carried."""
    wanted = sticky_of(job.fn)
    sticky = Sticky(wanted.by, wanted.name) if wanted else None
    return RoutePolicy(timeout_s=timeout_of(job.fn), sticky=sticky, tls=_tls(job))


def stop_time_of(settings: Settings) -> Callable[[JobRecord], float]:
    """Return what says how long a removed function's replicas may listen still."""
    policy = job_policy(settings)

    def stop_time(job: JobRecord) -> float:
        try:
            return stop_time_s(job.fn, policy)
        except InvalidDeploymentError:  # another program wrote the job
            return LONGEST_STOP_S

    return stop_time


def probe_of(settings: Settings, trust: Trust, mesh: Mesh) -> Callable[[JobRecord], Probe]:
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
            in_mesh=mesh.open_streams,
        )

    return probe


def _tls(job: JobRecord) -> UpstreamTls | None:
    wanted = upstream_tls_of(job.fn)
    return UpstreamTls(wanted.verify, wanted.server_name) if wanted else None
