"""The settings of Vault. Pure.

Sources: vault `api/client.go` for HashiCorp's names; the two earlier providers for the others.
"""

from dataclasses import dataclass

from faas_nomad.settings.kinds import BOOLEAN, choice, text_kind
from faas_nomad.settings.spec import setting
from faas_nomad.settings.values import FILE, NAMESPACE, SERVER_NAME, TOKEN, URL, WAIT

_KV_PREFIX = text_kind(
    "a path such as secret/openfaas, without slashes at its ends",
    r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*",
)
_ROLE_ID = text_kind("a role's ID", r"[\x21-\x7e]{0,512}")


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
    namespace: str = setting("vault_namespace", "", NAMESPACE, "Vault Enterprise namespace")
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
