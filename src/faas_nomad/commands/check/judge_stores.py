"""Can secrets be kept and functions be registered where the settings say. Pure."""

from collections.abc import Iterator

from faas_nomad.commands.check.facts import Answer, ConsulFacts, VaultFacts
from faas_nomad.commands.check.findings import Finding, failure, ok
from faas_nomad.settings.checks import vault_logins
from faas_nomad.settings.vault import VaultSettings

NOT_INITIALIZED, SEALED = 501, 503
ACL_NOT_FOUND = 403
"""Without ACLs Consul answers 401 to the same question."""
_LOGIN_SETTINGS = {
    "jwt": "vault_jwt_role, vault_jwt_file and the role in Vault's JWT auth",
    "approle": "vault_app_role_id and vault_app_secret_id",
    "token": "vault_token or vault_token_file",
}


def judge_vault(vault: VaultSettings, facts: VaultFacts) -> Iterator[Finding]:
    """Yield what to say of the seal, the login and the secrets' place."""
    if facts.health == SEALED:
        yield failure("Vault", "it is sealed", "unseal it: vault operator unseal")
        return
    if facts.health == NOT_INITIALIZED:
        yield failure("Vault", "it is not initialized", "vault operator init, then unseal it")
        return
    yield ok("Vault", "unsealed")
    way = vault_logins(vault)[0]
    if facts.login_refused:
        yield failure("Vault login", facts.login_refused, f"look at {_LOGIN_SETTINGS[way]}")
        return
    yield ok("Vault login", f"by {way}")
    place = vault.secret_path_prefix
    if facts.secrets_refused:
        yield failure(
            "Vault secrets",
            facts.secrets_refused,
            f"have a KV engine at {place.split('/')[0]}, and the rights of "
            "provisioning/vault/faas-nomad.policy.hcl; or set vault_secret_path_prefix",
        )
    else:
        yield ok("Vault secrets", f"kept below {place}")


def judge_mesh(service: str, leaf: Answer) -> Iterator[Finding]:
    """Yield what to say of the certificate of `service`, which is who we are in the mesh."""
    if 200 <= leaf.status < 300:
        yield ok("Consul mesh", f"there is a certificate for {service}")
    else:
        yield failure(
            "Consul mesh",
            f"there is no certificate for {service} ({leaf.text or leaf.status})",
            f'grant service "{service}" {{ policy = "write" }}: provisioning/consul/apply.sh with '
            "CONNECT_SERVICE; and have connect { enabled = true } in Consul's servers",
        )


def judge_consul(facts: ConsulFacts) -> Iterator[Finding]:
    """Yield what to say of the token and the services."""
    if facts.token.status == ACL_NOT_FOUND:
        yield failure(
            "Consul token",
            f"Consul refuses it ({facts.token.text})",
            "set consul_http_token or consul_http_token_file to a token that Consul knows",
        )
    elif not facts.services.status or facts.services.status >= 400:
        yield failure(
            "Consul token",
            f"services cannot be read ({facts.services.text or facts.services.status})",
            'grant service_prefix "" { policy = "read" } and node_prefix "" { policy = "read" }',
        )
    else:
        yield ok("Consul token", "services can be read")
