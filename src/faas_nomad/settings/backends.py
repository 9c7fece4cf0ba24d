"""The settings of Nomad, Consul and Vault. Pure.

Sources: nomad `api/api.go`, consul `api/api.go`, vault `api/client.go` for HashiCorp's names; the
flags and environment of the two earlier providers for the others.
"""

from dataclasses import dataclass

from faas_nomad.settings.kinds import BOOLEAN, choice, duration, listing, text_kind
from faas_nomad.settings.spec import Alias, setting
from faas_nomad.settings.values import ADDRESS, FILE, SERVER_NAME, TOKEN, URL, WAIT

_REGION = text_kind("a region's name", r"[A-Za-z0-9_.-]{0,128}")
_REGIONS = listing(
    text_kind("a region's name", r"[A-Za-z0-9_.-]{1,128}"),
    "regions separated by commas, such as west,east",
    may_be_empty=True,
)
_NOMAD_NAMESPACE = text_kind(
    "one namespace: letters, digits and dashes, at most 128", r"[A-Za-z0-9-]{1,128}"
)
_NAMESPACE = text_kind("a namespace", r"[A-Za-z0-9_./-]{0,255}")
_KV_PREFIX = text_kind(
    "a path such as secret/openfaas, without slashes at its ends",
    r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*",
)
_CONSUL_DATACENTERS = listing(
    text_kind("a datacenter", r"[a-z0-9_-]{1,128}"),
    "datacenters separated by commas, such as dc1,dc2",
    may_be_empty=True,
)
_ROLE_ID = text_kind("a role's ID", r"[\x21-\x7e]{0,512}")


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
        _NOMAD_NAMESPACE,
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
    namespace: str = setting("consul_namespace", "", _NAMESPACE, "Consul Enterprise namespace")
    datacenters: tuple[str, ...] = setting(
        "consul_datacenters",
        (),
        _CONSUL_DATACENTERS,
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


@dataclass(frozen=True, slots=True)
class VaultSettings:
    """How to reach Vault."""

    addr: str = setting(
        "vault_addr",
        "",
        URL,
        "Vault's HTTP API; empty is the one that the Nomad agent uses, else https://127.0.0.1:8200",
    )
    token: str = setting("vault_token", "", TOKEN, "Vault token", secret=True)
    token_file: str = setting(
        "vault_token_file", "", FILE, "File with the Vault token, read again at each login"
    )
    app_role_id: str = setting(
        "vault_app_role_id", "", _ROLE_ID, "AppRole to log in with in place of a token"
    )
    app_secret_id: str = setting(
        "vault_app_secret_id", "", TOKEN, "That AppRole's secret ID", secret=True
    )
    app_secret_id_file: str = setting(
        "vault_app_secret_id_file", "", FILE, "File with that secret ID, read at each login"
    )
    app_secret_id_wrapped: bool = setting(
        "vault_app_secret_id_wrapped",
        False,
        BOOLEAN,
        "The secret ID given is a response-wrapping token, opened once at the first login",
    )
    jwt_role: str = setting(
        "vault_jwt_role", "", _ROLE_ID, "Role to log in as with a workload identity"
    )
    jwt_file: str = setting(
        "vault_jwt_file", "", FILE, "File with that workload identity, read at each login"
    )
    jwt_path: str = setting(
        "vault_jwt_path", "jwt-nomad", _KV_PREFIX, "Where Vault has its JWT auth for Nomad"
    )
    job_role: str = setting(
        "vault_job_role",
        "",
        _ROLE_ID,
        "Role of functions' tasks in that auth; empty is the Nomad agents' own",
    )
    default_policy: str = setting(
        "vault_default_policy",
        "openfaas",
        _ROLE_ID,
        "Policy of functions' tasks before Nomad 1.10, which takes roles instead",
        aliases=("vault_policy",),
    )
    kv_version: str = setting(
        "vault_kv_version", "auto", choice("auto", "1", "2"), "Version of the KV engine"
    )
    timeout_s: float = setting("vault_timeout", 10.0, WAIT, "Time limit of one call to Vault")
    secret_path_prefix: str = setting(
        "vault_secret_path_prefix",
        "secret/openfaas",
        _KV_PREFIX,
        "KV mount and path below which function secrets are kept",
    )
    namespace: str = setting("vault_namespace", "", _NAMESPACE, "Vault Enterprise namespace")
    ca_file: str = setting(
        "vault_cacert",
        "",
        FILE,
        "CA certificates (PEM) that Vault's is checked against",
        aliases=("vault_tls_ca",),
    )
    ca_path: str = setting("vault_capath", "", FILE, "Directory of such CA certificates")
    cert_file: str = setting(
        "vault_client_cert",
        "",
        FILE,
        "Client certificate (PEM) for Vault",
        aliases=("vault_tls_cert",),
    )
    key_file: str = setting(
        "vault_client_key", "", FILE, "Its private key (PEM)", aliases=("vault_tls_key",)
    )
    server_name: str = setting(
        "vault_tls_server_name", "", SERVER_NAME, "Name to expect in Vault's certificate"
    )
    skip_verify: bool = setting(
        "vault_skip_verify",
        False,
        BOOLEAN,
        "Do not check Vault's certificate",
        aliases=("vault_tls_skip_verify",),
    )
