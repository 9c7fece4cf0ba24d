"""What cannot be right, or is worth a word, about settings taken together. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from faas_nomad.settings.consul import ConsulSettings
from faas_nomad.settings.nomad import NomadSettings
from faas_nomad.settings.origin import Origin
from faas_nomad.settings.page import Settings
from faas_nomad.settings.vault import VaultSettings

Backend = NomadSettings | ConsulSettings | VaultSettings
Origins = Mapping[str, Origin]
MAX_REGIONS = 10
"""Each holds at least two of the 50 connections to Nomad."""


@dataclass(frozen=True)
class Clash:
    """Why the settings `names` cannot be used together."""

    names: frozenset[str]
    text: str


def clashes_of(settings: Settings, origins: Origins) -> Iterator[Clash]:
    """Yield what stands against using these settings together."""
    for name, backend in _backends(settings):
        yield from _half_pairs(name, backend, origins)
    yield from _region_clashes(settings.nomad, origins)
    yield from _mesh_clashes(settings, origins)
    listen, job, vault = settings.listen, settings.job, settings.vault
    if listen.port == listen.gateway_port:
        yield _clash(
            ("port", "gateway_port"),
            f"{origins['port']} and {origins['gateway_port']} are both {listen.port}: "
            "expected two ports, or gateway_port 0 for no gateway address",
        )
    if bool(listen.cert_file) != bool(listen.key_file):
        yield _clash(("tls_cert", "tls_key"), "tls_cert and tls_key: expected both or neither")
    if job.watchdog_checksum and "://" not in job.watchdog:
        yield _clash(
            ("watchdog", "watchdog_checksum"),
            f"{origins['watchdog_checksum']} is for a downloaded watchdog: "
            f"expected a URL in {origins['watchdog']}",
        )
    if bool(vault.app_role_id) != bool(vault.app_secret_id or vault.app_secret_id_file):
        both = ("vault_app_role_id", "vault_app_secret_id")
        yield _clash(both, f"{both[0]} and {both[1]} (or its file): expected both or neither")
    if bool(vault.jwt_role) != bool(vault.jwt_file):
        both = ("vault_jwt_role", "vault_jwt_file")
        yield _clash(both, f"{both[0]} and {both[1]}: expected both or neither")
    if settings.functions.secrets_backend == "vault" and not vault_logins(vault):
        yield Clash(
            frozenset({"secrets_backend"}),
            f"{origins['secrets_backend']} is vault, and there is no way to log in: expected "
            "vault_token, vault_token_file, vault_app_role_id or vault_jwt_role",
        )


def _mesh_clashes(settings: Settings, origins: Origins) -> Iterator[Clash]:
    use = settings.mesh.use
    if use != "off" and settings.functions.discovery != "consul":
        yield _clash(
            ("consul_connect", "discovery"),
            f"{origins['consul_connect']} is {use}: expected discovery consul",
        )


def vault_logins(vault: VaultSettings) -> list[str]:
    """Return the ways to log in to Vault that are set, the one to use first."""
    ways = {
        "jwt": vault.jwt_role,
        "approle": vault.app_role_id,
        "token": vault.token or vault.token_file,
    }
    return [way for way, given in ways.items() if given]


def notices_of(settings: Settings, origins: Origins) -> Iterator[str]:
    """Yield what an operator may not have meant, each to be logged once at start."""
    for name, backend in _backends(settings):
        yield from _backend_notices(name, backend, origins)
    logins = vault_logins(settings.vault)
    if len(logins) > 1:
        yield f"Vault is logged in to by {logins[0]}; {' and '.join(logins[1:])} not used"
    proxy, job = settings.proxy, settings.job
    for limit, limit_s in (
        ("read_timeout", proxy.read_timeout_s),
        ("upstream_timeout", proxy.upstream_timeout_s),
    ):
        if limit_s > proxy.write_timeout_s:
            yield f"{origins[limit]} is longer than {origins['write_timeout']}, which ends it first"
    if "://" in job.watchdog and not job.watchdog_checksum:
        yield f"{origins['watchdog']} is downloaded unchecked: set watchdog_checksum"


def _backends(settings: Settings) -> Iterator[tuple[str, Backend]]:
    yield "nomad", settings.nomad
    yield "consul", settings.consul
    yield "vault", settings.vault


def _region_clashes(nomad: NomadSettings, origins: Origins) -> Iterator[Clash]:
    if nomad.regions and not nomad.region:
        yield _clash(
            ("nomad_regions", "nomad_region"),
            f"{origins['nomad_regions']} needs the own region's name: expected nomad_region too",
        )
    if len(nomad.regions) > MAX_REGIONS:
        yield Clash(
            frozenset({"nomad_regions"}),
            f"{origins['nomad_regions']} has {len(nomad.regions)} regions: expected at most "
            f"{MAX_REGIONS}, as each holds connections to Nomad",
        )


def _half_pairs(name: str, backend: Backend, origins: Origins) -> Iterator[Clash]:
    cert, key = f"{name}_client_cert", f"{name}_client_key"
    if backend.cert_file and not backend.key_file:
        yield _clash((cert, key), f"{origins[cert]} has no key: expected {key} too")
    if backend.key_file and not backend.cert_file:
        yield _clash((cert, key), f"{origins[key]} has no certificate: expected {cert} too")


def _clash(names: tuple[str, str], text: str) -> Clash:
    return Clash(frozenset(names), text)


def _backend_notices(name: str, backend: Backend, origins: Origins) -> Iterator[str]:
    if backend.skip_verify:
        skip = origins[f"{name}_skip_verify"]
        yield f"{skip}: {name.title()}'s certificate is not checked, anyone may answer for it"
    if backend.addr and not backend.addr.startswith("https://"):
        given = [
            str(origins[f"{name}_{setting}"])
            for setting, value in (
                ("cacert", backend.ca_file),
                ("capath", backend.ca_path),
                ("client_cert", backend.cert_file),
            )
            if value
        ]
        if given:
            yield f"{', '.join(given)} not used: {name.title()}'s address is no https://"
    if not isinstance(backend, VaultSettings) and backend.token and backend.token_file:
        token = origins["nomad_token" if name == "nomad" else "consul_http_token"]
        yield f"{token} not used: a token file is set too"
