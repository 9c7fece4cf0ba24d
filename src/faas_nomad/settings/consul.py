"""The settings of Consul, but for its service mesh (`mesh`). Pure.

Sources: consul `api/api.go` for HashiCorp's names; the two earlier providers for the others.
"""

from dataclasses import dataclass

from faas_nomad.settings.kinds import BOOLEAN, duration, listing, text_kind
from faas_nomad.settings.spec import Alias, setting
from faas_nomad.settings.values import (
    ADDRESS,
    FILE,
    NAMESPACE,
    SERVER_NAME,
    TOKEN,
    WAIT,
)

_DATACENTERS = listing(
    text_kind("a datacenter", r"[a-z0-9_-]{1,128}"),
    "datacenters separated by commas, such as dc1,dc2",
    may_be_empty=True,
)


@dataclass(frozen=True, slots=True)
class ConsulSettings:
    """How to reach Consul."""

    addr: str = setting(
        "consul_http_addr",
        "http://127.0.0.1:8500",
        ADDRESS,
        "Consul's HTTP API",
        aliases=("consul_addr",),
    )
    enable_tls: bool = setting(
        "consul_http_ssl",
        False,
        BOOLEAN,
        "Speak TLS to a `consul_http_addr` that is written without http:// or https://",
    )
    token: str = setting(
        "consul_http_token",
        "",
        TOKEN,
        "Consul ACL token",
        aliases=("consul_token", "consul_acl"),
        secret=True,
    )
    token_file: str = setting(
        "consul_http_token_file", "", FILE, "File with the Consul token, read again when it changes"
    )
    namespace: str = setting("consul_namespace", "", NAMESPACE, "Consul Enterprise namespace")
    datacenters: tuple[str, ...] = setting(
        "consul_datacenters",
        (),
        _DATACENTERS,
        "Consul datacenters that functions are registered in; empty means the agent's own",
    )
    grace_s: float = setting(
        "consul_grace",
        60.0,
        duration(0, 86400),
        "For so long after Consul was away, replicas need not be in its lists to serve",
    )
    timeout_s: float = setting("consul_timeout", 10.0, WAIT, "Time limit of one call to Consul")
    ca_file: str = setting(
        "consul_cacert",
        "",
        FILE,
        "CA certificates (PEM) that Consul's is checked against",
        aliases=("consul_tls_ca",),
    )
    ca_path: str = setting("consul_capath", "", FILE, "Directory of such CA certificates")
    cert_file: str = setting(
        "consul_client_cert",
        "",
        FILE,
        "Client certificate (PEM) for Consul",
        aliases=("consul_tls_cert",),
    )
    key_file: str = setting(
        "consul_client_key", "", FILE, "Its private key (PEM)", aliases=("consul_tls_key",)
    )
    server_name: str = setting(
        "consul_tls_server_name", "", SERVER_NAME, "Name to expect in Consul's certificate"
    )
    skip_verify: bool = setting(
        "consul_skip_verify",
        False,
        BOOLEAN,
        "Do not check Consul's certificate",
        aliases=("consul_tls_skip_verify", Alias("consul_http_ssl_verify", inverted=True)),
    )
