"""The settings of Nomad. Pure.

Sources: nomad `api/api.go` for HashiCorp's names; the two earlier providers for the others.
"""

from dataclasses import dataclass

from faas_nomad.settings.kinds import BOOLEAN, listing, text_kind
from faas_nomad.settings.spec import setting
from faas_nomad.settings.values import ADDRESS, FILE, SERVER_NAME, TOKEN, WAIT

_REGION = text_kind("a region's name", r"[A-Za-z0-9_.-]{0,128}")
_REGIONS = listing(
    text_kind("a region's name", r"[A-Za-z0-9_.-]{1,128}"),
    "regions separated by commas, such as west,east",
    may_be_empty=True,
)
_NAMESPACE = text_kind(
    "one namespace: letters, digits and dashes, at most 128", r"[A-Za-z0-9-]{1,128}"
)


@dataclass(frozen=True, slots=True)
class NomadSettings:
    """How to reach Nomad."""

    addr: str = setting(
        "nomad_addr",
        "http://127.0.0.1:4646",
        ADDRESS,
        "Nomad's HTTP API, or the task API's socket",
        aliases=("nomad_unix_addr",),
    )
    enable_tls: bool = setting(
        "enable_nomad_tls",
        False,
        BOOLEAN,
        "Speak TLS to a `nomad_addr` that is written without http:// or https://",
    )
    token: str = setting(
        "nomad_token", "", TOKEN, "Nomad ACL token", aliases=("nomad_acl",), secret=True
    )
    token_file: str = setting(
        "nomad_token_file", "", FILE, "File with the Nomad token, read again when it changes"
    )
    region: str = setting(
        "nomad_region",
        "",
        _REGION,
        "Nomad region of the functions; empty means the agent's own",
        aliases=("job_region",),
    )
    regions: tuple[str, ...] = setting(
        "nomad_regions",
        (),
        _REGIONS,
        "Further federated regions that functions may run in, by annotation",
    )
    namespace: str = setting(
        "nomad_namespace",
        "default",
        _NAMESPACE,
        "Nomad namespace that `function_namespace` stands for",
        aliases=("job_namespace",),
    )
    ca_file: str = setting(
        "nomad_cacert",
        "",
        FILE,
        "CA certificates (PEM) that Nomad's is checked against",
        aliases=("nomad_tls_ca",),
    )
    ca_path: str = setting("nomad_capath", "", FILE, "Directory of such CA certificates")
    cert_file: str = setting(
        "nomad_client_cert",
        "",
        FILE,
        "Client certificate (PEM) for Nomad",
        aliases=("nomad_tls_cert",),
    )
    key_file: str = setting(
        "nomad_client_key", "", FILE, "Its private key (PEM)", aliases=("nomad_tls_key",)
    )
    server_name: str = setting(
        "nomad_tls_server_name",
        "",
        SERVER_NAME,
        "Name to expect in Nomad's certificate, e.g. server.global.nomad",
    )
    skip_verify: bool = setting(
        "nomad_skip_verify",
        False,
        BOOLEAN,
        "Do not check Nomad's certificate",
        aliases=("nomad_tls_skip_verify",),
    )
    timeout_s: float = setting(
        "nomad_timeout", 10.0, WAIT, "Time limit of one call to Nomad, its retries included"
    )
