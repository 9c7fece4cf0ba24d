"""The settings of function jobs. Pure.

Sources: nomad `structs.validNodePoolName`, `api/tasks.go` (network modes) and the earlier
providers' names and defaults.
"""

import ipaddress
from dataclasses import dataclass

from faas_nomad.settings.kinds import BOOLEAN, Kind, choice, listing, text_kind, whole
from faas_nomad.settings.spec import setting

_DATACENTERS = listing(
    text_kind("a datacenter", r"[A-Za-z0-9_.*?-]{1,128}"),
    "datacenters separated by commas, such as dc1,dc2 or eu-*",
)
_DRIVERS = listing(
    choice("docker", "podman", "exec", "raw_exec", "java"),
    "drivers separated by commas, such as docker,exec",
)
_PREFIX = text_kind(
    "letters, digits and dashes, from 1 to 32, no dash first", r"[A-Za-z0-9][A-Za-z0-9-]{0,31}"
)
_NODE_POOL = text_kind("a node pool's name", r"[A-Za-z0-9_-]{1,128}")
_NETWORK_MODE = text_kind("auto, host, bridge or cni/NAME", r"auto|host|bridge|cni/[A-Za-z0-9_-]+")
_SECRET = text_kind("a secret's name", r"(?:[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?)?")
_ARCH = text_kind("an architecture such as amd64 or arm64", r"[a-z0-9_]{0,32}")
_WATCHDOG = text_kind(
    "embedded, an absolute path on the nodes, or an https:// or http:// URL",
    r"embedded|/[^\0\r\n]+|https?://[^\s\0]+",
)
_CHECKSUM = text_kind(
    "sha256:HEX or sha512:HEX", r"|sha256:[0-9a-fA-F]{64}|sha512:[0-9a-fA-F]{128}"
)
_WEB_URL = text_kind(
    "an http:// or https:// URL without blanks and user names",
    r"|https?://[A-Za-z0-9_.:\[\]-]+(?:[/?#][\x21\x23-\x3b\x3d\x3f-\x7e]*)?",
)
_PYTHON = text_kind("a program's name or path", r"[^\s\0]{1,4096}")


def _ip_address(text: str) -> str:
    return str(ipaddress.ip_address(text))


_DNS_SERVERS = listing(
    Kind("an IP address", _ip_address, str),
    "IP addresses separated by commas",
    may_be_empty=True,
)


_DOMAINS = listing(
    text_kind("a domain", r"[A-Za-z0-9_.-]{1,253}"),
    "domains separated by commas, such as service.consul",
    may_be_empty=True,
)
_PLACEHOLDERS = r"\{(?:function|namespace|host)\}"
_TAGS = listing(
    text_kind(
        "a tag with {function}, {namespace} or {host}", rf"(?:[^{{}}\0\r\n$]|{_PLACEHOLDERS})+"
    ),
    "tags separated by commas, such as traefik",
    may_be_empty=True,
)
_META = listing(
    text_kind(
        "KEY=VALUE, the value with {function}, {namespace} or {host}",
        rf"[A-Za-z0-9_-]{{1,128}}=(?:[^{{}}\0\r\n$]|{_PLACEHOLDERS}){{0,256}}",
    ),
    "KEY=VALUE separated by commas",
    may_be_empty=True,
)
_HOST_PATTERN = text_kind(
    "a host name with {function} and {namespace}",
    r"(?:[A-Za-z0-9.-]|\{function\}|\{namespace\}){0,253}",
)
_NETWORKS = listing(
    text_kind("host, bridge, cni/NAME or cni/*", r"host|bridge|cni/(?:\*|[A-Za-z0-9_-]{1,64})"),
    "networks separated by commas, such as bridge,cni/*",
    may_be_empty=True,
)


@dataclass(frozen=True, slots=True)
class JobSettings:
    """What a function's Nomad job is made of where the deployment does not say."""

    driver: str = setting(
        "job_driver",
        "auto",
        choice("auto", "docker", "podman", "exec", "raw_exec", "java"),
        "Task driver of functions; auto is the first of docker, podman, exec and raw_exec "
        "that a ready node has",
    )
    allowed_drivers: tuple[str, ...] = setting(
        "job_allowed_drivers",
        ("docker", "podman", "exec", "raw_exec", "java"),
        _DRIVERS,
        "Drivers that a deployment may choose by annotation; raw_exec functions are not isolated",
    )
    name_prefix: str = setting(
        "job_name_prefix", "openfaas-", _PREFIX, "What the names of function jobs begin with"
    )
    datacenters: tuple[str, ...] = setting(
        "job_datacenters", ("*",), _DATACENTERS, "Datacenters that functions may run in"
    )
    node_pool: str = setting(
        "job_node_pool", "default", _NODE_POOL, "Node pool that functions run in"
    )
    registry_secret: str = setting(
        "registry_secret",
        "",
        _SECRET,
        "Function secret in the format of Docker's config.json that images are pulled with",
    )
    podman_tls_verify: bool = setting(
        "podman_tls_verify",
        True,
        BOOLEAN,
        "Have podman check the certificates of image registries; off for those without TLS",
    )
    network_mode: str = setting(
        "job_network_mode",
        "auto",
        _NETWORK_MODE,
        "Network of functions; auto is what suits the driver",
    )
    allowed_networks: tuple[str, ...] = setting(
        "job_allowed_networks",
        ("host", "bridge", "cni/*"),
        _NETWORKS,
        "Networks that a deployment may choose by annotation; on host it reaches all that listens "
        "on its node alone",
    )
    http_check: bool = setting(
        "job_http_check", True, BOOLEAN, "Give functions a health check on /_/health"
    )
    max_count: int = setting(
        "job_max_count", 20, whole(1, 50_000), "Most replicas of a function without a label"
    )
    dns_servers: tuple[str, ...] = setting(
        "dns_servers", (), _DNS_SERVERS, "DNS servers of functions; empty means the node's"
    )
    dns_searches: tuple[str, ...] = setting(
        "dns_searches",
        (),
        _DOMAINS,
        "Domains in which functions look names up, such as service.consul",
    )
    balancer_tags: tuple[str, ...] = setting(
        "balancer_tags",
        (),
        _TAGS,
        "Tags of functions' services for balancers: traefik, fabio, haproxy, or templates with "
        "{function}, {namespace} and {host}",
    )
    service_meta: tuple[str, ...] = setting(
        "service_meta",
        (),
        _META,
        "Meta of functions' services in Consul, beside their com.openfaas.* labels: KEY=VALUE, "
        "with {function}, {namespace} and {host} in values",
    )
    service_host: str = setting(
        "service_host",
        "",
        _HOST_PATTERN,
        "Host name that balancers know a function by, such as {function}.fn.example.com; "
        "empty means /function/NAME",
    )
    direct_routing: bool = setting(
        "direct_routing",
        True,
        BOOLEAN,
        "Give `balancer_tags` to functions that do not say",
    )
    cpu_arch: str = setting(
        "cpu_arch_constraint", "", _ARCH, "Run functions on this architecture only"
    )
    cpu_mhz: int = setting(
        "default_cpu_mhz", 100, whole(1, 1_000_000), "CPU of a function that asks for none, in MHz"
    )
    memory_mb: int = setting(
        "default_memory_mb",
        128,
        whole(10, 16 << 20),
        "Memory of a function that asks for none, in MiB",
    )
    mhz_per_core: int = setting(
        "mhz_per_core", 0, whole(0, 100_000), "What one core is worth in MHz; 0 asks Nomad's nodes"
    )
    cpu_bare_integer: str = setting(
        "cpu_bare_integer",
        "cores",
        choice("cores", "mhz"),
        "What a CPU limit without a unit counts; the earlier providers counted mhz",
    )
    memory_oversubscription: bool = setting(
        "memory_oversubscription",
        False,
        BOOLEAN,
        "Reserve the memory request and cap at the limit; Nomad's scheduler must allow it",
    )
    public_url: str = setting(
        "public_url",
        "",
        _WEB_URL,
        "Where callers reach the gateway address, for links in Nomad's UI; empty for none",
    )
    dashboard_url: str = setting(
        "dashboard_url",
        "",
        _WEB_URL,
        "A function's dashboard, with {name} and {namespace}, for a link in Nomad's UI",
    )
    watchdog: str = setting(
        "watchdog",
        "embedded",
        _WATCHDOG,
        "Watchdog of functions that are no containers: this project's, a path or an artifact",
    )
    watchdog_checksum: str = setting(
        "watchdog_checksum", "", _CHECKSUM, "Checksum of a watchdog artifact"
    )
    watchdog_python: str = setting(
        "watchdog_python", "python3", _PYTHON, "Python on the nodes for the embedded watchdog"
    )
