"""All that an installation decides about its function jobs; made from settings once. Pure.

The defaults are the values recommended for functions, not Nomad's own.
"""

from dataclasses import dataclass, field
from typing import Literal

from faas_nomad.translate.regions import ONE_REGION, Regions

DRIVER_NAMES = ("docker", "podman", "exec", "raw_exec", "java")

SAFE_CONTAINER_OPTIONS = frozenset(
    {
        "args",
        "cap_add",
        "cap_drop",
        "command",
        "cpu_cfs_period",
        "cpu_hard_limit",
        "entrypoint",
        "extra_hosts",
        "hostname",
        "init",
        "isolation",
        "pids_limit",
        "runtime",
        "shm_size",
        "ulimit",
        "work_dir",
        "working_dir",
    }
)
"""Driver options that a function's owner may set: none of them reaches out of the container
beyond what the operator's plugin configuration allows (`allow_caps`, `allow_runtimes`)."""


@dataclass(frozen=True)
class EmbeddedWatchdog:
    """This project's watchdog, carried by the job itself and run by the nodes' Python."""

    zipapp: bytes = field(repr=False)


@dataclass(frozen=True)
class HostWatchdog:
    """A watchdog binary that every node has at `path`."""

    path: str


@dataclass(frozen=True)
class DownloadedWatchdog:
    """A watchdog binary that nodes download; `checksum` is `TYPE:HEX`, empty for none."""

    url: str
    checksum: str = ""


Watchdog = EmbeddedWatchdog | HostWatchdog | DownloadedWatchdog


@dataclass(frozen=True)
class UpdatePolicy:
    """How a new version replaces the old one."""

    max_parallel: int = 1
    canary: int = 1
    auto_promote: bool = True
    auto_revert: bool = True
    min_healthy_time_s: float = 1
    healthy_deadline_s: float = 120
    progress_deadline_s: float = 180


@dataclass(frozen=True)
class RestartPolicy:
    """How often a node restarts a failed instance before it gives up."""

    attempts: int = 3
    interval_s: float = 60
    delay_s: float = 1
    mode: str = "fail"


@dataclass(frozen=True)
class ReschedulePolicy:
    """How soon a failed instance is placed anew."""

    delay_s: float = 5
    max_delay_s: float = 300
    delay_function: str = "exponential"


@dataclass(frozen=True)
class CheckPolicy:
    """The health check of a function whose deployment says nothing about it."""

    kind: str = "http"
    path: str = "/_/health"
    interval_s: float = 2
    timeout_s: float = 1
    restart_limit: int = 3
    grace_s: float = 10


@dataclass(frozen=True)
class BuiltInProxy:
    """Consul's own proxy as the sidecar of functions: `command` is the consul program."""

    driver: str = "raw_exec"
    command: str = "consul"
    http_addr: str = ""
    """Consul's HTTP API as seen from a function's network; empty for 127.0.0.1:8500."""
    has_token: bool = False
    """Whether Consul has ACLs, so that the proxy shows its service's token."""


@dataclass(frozen=True)
class MeshPolicy:
    """Which functions are in Consul's service mesh, and their sidecars."""

    use: Literal["off", "asked", "on"] = "off"
    sidecar: BuiltInProxy | None = None
    """None: Nomad's own task, which is Envoy."""


@dataclass(frozen=True)
class JobPolicy:
    """What jobs are made of where the deployment does not say."""

    job_name_prefix: str = "openfaas-"
    function_namespace: str = "openfaas-fn"
    nomad_namespace: str = "default"
    """The Nomad namespace that `function_namespace` stands for."""
    regions: Regions = ONE_REGION
    datacenters: tuple[str, ...] = ("*",)
    node_pool: str = "default"
    priority: int = 50
    cpu_arch: str = ""
    """Value required of `attr.cpu.arch`; empty for any."""

    driver: str = "docker"
    allowed_drivers: tuple[str, ...] = DRIVER_NAMES
    allowed_networks: tuple[str, ...] = ("host", "bridge", "cni/*")
    """What an annotation may choose."""
    network_mode: str = ""
    """`""` for what suits the driver, or `host`, `bridge`, `cni/NAME`."""
    dns_servers: tuple[str, ...] = ()
    dns_searches: tuple[str, ...] = ()
    service_provider: Literal["nomad", "consul"] = "nomad"
    mesh: MeshPolicy = MeshPolicy()
    service_tags: tuple[str, ...] = ("openfaas",)
    service_meta: tuple[str, ...] = ()
    """Templates `KEY=VALUE` of what services in Consul bear."""
    balancer_tags: tuple[str, ...] = ()
    """Templates of further tags, or `traefik`, `fabio`, `haproxy`; see `service_tags.py`."""
    service_host: str = ""
    """Pattern of the host name that balancers know a function by; empty for `/function/NAME`."""
    nomad_version: str = ""
    """The oldest one that jobs may meet; empty, if it is not known, for a new one."""
    direct_routing: bool = True
    """Whether a function that says nothing gets `balancer_tags`."""

    default_cpu_mhz: int = 100
    default_memory_mb: int = 128
    mhz_per_core: int = 2000
    cpu_bare_integer: Literal["cores", "mhz"] = "cores"
    memory_bare_integer: Literal["bytes", "mb"] = "bytes"
    memory_oversubscription: bool = False
    cpu_hard_limit: bool = True
    """Whether `limits.cpu` is a quota, where the driver has one."""
    max_count: int = 20
    """Most replicas of a function without the label `com.openfaas.scale.max`."""

    scale_cap: int = 0
    """Most replicas that alerts and the autoscaler give, whatever labels say; 0 for no cap."""
    idle_s: float = 900
    """Idle time until a function that may sleep does, without the label `…zero-duration`."""
    autoscaler: Literal["builtin", "nomad", "off"] = "builtin"

    watchdog: Watchdog = HostWatchdog("/usr/local/bin/of-watchdog")
    watchdog_python: tuple[str, ...] = ("/usr/bin/env", "python3")
    task_user: str = ""
    """The user of tasks that are no containers; empty for the driver's own choice."""
    artifact_schemes: frozenset[str] = frozenset({"http", "https", "s3", "gcs", "git", "ssh"})

    container_options: frozenset[str] = SAFE_CONTAINER_OPTIONS
    cap_drop: tuple[str, ...] = ("all",)
    pids_limit: int = 256
    tmp_size_mb: int = 64
    """Size of `/tmp` where the root file system is read-only."""
    force_pull: bool = False
    registry_secret: str = ""
    """The secret that images are pulled with where the deployment names none; empty for none."""
    image_pull_timeout_s: float = 300
    podman_tls_verify: bool = True
    """Whether podman checks the certificates of registries, as docker always does."""

    update: UpdatePolicy = UpdatePolicy()
    restart: RestartPolicy = RestartPolicy()
    reschedule: ReschedulePolicy = ReschedulePolicy()
    check: CheckPolicy = CheckPolicy()
    kill_timeout_s: float = 30
    """Time to stop for a function whose environment sets no timeouts."""
    shutdown_delay_s: float = 5
    disconnect_lost_after_s: float = 300
    """How long an instance on an unreachable node is kept; 0 leaves Nomad's own rule."""
    public_url: str = ""
    """Where callers reach the gateway address, for links in Nomad's UI; empty: no such links."""
    dashboard_url: str = ""
    """A function's dashboard, with `{name}` and `{namespace}`; empty: no such link."""
    log_max_files: int = 4
    log_max_file_size_mb: int = 10
    ephemeral_disk_mb: int = 50
