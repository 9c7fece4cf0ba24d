"""Values that follow from others: an address's scheme, a time limit that was not given. Pure."""

from faas_nomad.settings.merge import Merged
from faas_nomad.settings.page import specs

_VAULT_LOGINS = ("vault_token", "vault_token_file", "vault_app_role_id", "vault_jwt_role")
_VAULT_ROLES = ("vault_app_role_id", "vault_jwt_role")
_TLS_SWITCHES = {"nomad_addr": "enable_nomad_tls", "consul_http_addr": "consul_http_ssl"}


def derive(merged: Merged) -> None:
    """Complete the values and the origins; a contradiction becomes a problem."""
    for addr, switch in _TLS_SWITCHES.items():
        _complete_address(addr, switch, merged)
    _imply_vault(merged)
    if "vault_addr" in merged.values:
        merged.values["vault_addr"] = str(merged.values["vault_addr"]).removesuffix("/")
    if "read_timeout" in merged.values and "upstream_timeout" not in merged.values:
        merged.values["upstream_timeout"] = merged.values["read_timeout"]
        merged.origins["upstream_timeout"] = merged.origins["read_timeout"]


def _imply_vault(merged: Merged) -> None:
    """A Vault with a way to log in to it is where secrets are kept, unless said otherwise.

    A token may be there for another purpose, so it takes an address too; a role is for us.
    """
    values = merged.values
    logins = [name for name in _VAULT_LOGINS if values.get(name)]
    roles = [name for name in logins if name in _VAULT_ROLES]
    signs = [*(["vault_addr"] if logins and values.get("vault_addr") else []), *roles]
    if signs and "secrets_backend" not in values:
        values["secrets_backend"] = "vault"
        merged.origins["secrets_backend"] = merged.origins[signs[0]]


def _complete_address(addr: str, switch: str, merged: Merged) -> None:
    values, origins = merged.values, merged.origins
    scheme = "https://" if values.get(switch) else "http://"
    if addr not in values:
        if scheme == "https://":
            values[addr] = str(specs()[addr].default).replace("http://", scheme)
            origins[addr] = origins[switch]
        return
    given = str(values[addr]).removesuffix("/")
    values[addr] = given if "://" in given else scheme + given
    if scheme == "https://" and not str(values[addr]).startswith(scheme):
        merged.problems.append(
            f"{origins[switch]} asks for TLS, {origins[addr]} is {given!r}: expected https://"
        )
