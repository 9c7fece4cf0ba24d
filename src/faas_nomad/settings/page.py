"""The page of settings: every one with its type, default, names and meaning. Pure.

Attributes carry units (`_s`, `_bytes`, `_mb`, `_mhz`); users write units in the value.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any

from faas_nomad.settings.consul import ConsulSettings
from faas_nomad.settings.function_logs import FunctionLogSettings
from faas_nomad.settings.invocations import ProxySettings
from faas_nomad.settings.jobs import JobSettings
from faas_nomad.settings.kinds import BOOLEAN, choice, duration, size, text_kind
from faas_nomad.settings.mesh import MeshSettings
from faas_nomad.settings.nomad import NomadSettings
from faas_nomad.settings.scaling import ScalingSettings
from faas_nomad.settings.spec import Spec, setting, specs_of
from faas_nomad.settings.values import FILE, GATEWAY_PORT, PORT
from faas_nomad.settings.vault import VaultSettings

_HOST = text_kind("an IP address or host name", r"[A-Za-z0-9.:_-]{1,253}")
_LOG_LEVEL = choice("debug", "info", "warning", "error", same={"warn": "warning"})
_DNS_LABEL = text_kind(
    "lower-case letters, digits and dashes, at most 63", r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
)


@dataclass(frozen=True, slots=True)
class ListenSettings:
    """Where callers come in, and who may."""

    host: str = setting(
        # HOST is set by some shells and build environments, to something else.
        "host",
        "0.0.0.0",  # noqa: S104 - a service for other machines
        _HOST,
        "Address to listen on",
        env=("host",),
    )
    port: int = setting("port", 8081, PORT, "Provider address, for an OpenFaaS gateway")
    gateway_port: int = setting(
        "gateway_port", 8080, GATEWAY_PORT, "Gateway address, for clients; 0 for none"
    )
    cert_file: str = setting(
        "tls_cert",
        "",
        FILE,
        "Speak HTTPS on both addresses with this certificate and its chain (PEM); read again when "
        "it changes",
    )
    key_file: str = setting("tls_key", "", FILE, "Its private key (PEM)")
    basic_auth: bool = setting(
        "basic_auth",
        False,
        BOOLEAN,
        "Ask for user and password on /system routes",
        aliases=("enable_basic_auth",),
    )
    secret_mount_path: str = setting(
        "secret_mount_path",
        "/run/secrets/",
        FILE,
        "Directory of the files basic-auth-user and basic-auth-password",
        aliases=("basic_auth_secret_path",),
    )
    max_system_body_bytes: int = setting(
        "max_system_body",
        1 << 20,
        size(1024, 64 << 20),
        "Largest request body on /system routes",
    )


@dataclass(frozen=True, slots=True)
class FunctionSettings:
    """What functions are called and where their things are kept."""

    namespace: str = setting(
        "function_namespace", "openfaas-fn", _DNS_LABEL, "OpenFaaS namespace of the functions"
    )
    secrets_backend: str = setting(
        "secrets_backend", "nomad", choice("nomad", "vault"), "Where function secrets are kept"
    )
    discovery: str = setting(
        "discovery", "nomad", choice("nomad", "consul"), "Where functions are registered"
    )
    own_datacenter: str = setting(
        "own_datacenter",
        "",
        text_kind("a datacenter", r"[A-Za-z0-9_.-]{0,128}"),
        "Nomad datacenter whose replicas get requests while any of them can; empty: all alike",
    )
    resync_interval_s: float = setting(
        "resync_interval",
        60.0,
        duration(1, 86400),
        "Read everything anew this often, beside the event stream",
    )
    explain: bool = setting(
        "explain_unavailable",
        False,
        BOOLEAN,
        "Tell callers in a 503 why a function is not ready; anyone may call functions",
    )
    usage_interval_s: float = setting(
        "usage_interval",
        20.0,
        duration(1, 3600, or_never=True),
        "Read what each replica uses this often, figures are up to 10 s older; 0: never",
    )


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What the service says of itself, to standard error."""

    level: str = setting(
        "log_level",
        "info",
        _LOG_LEVEL,
        "Least level that is logged",
        aliases=("logger_level",),
        reloads=True,
    )
    format: str = setting(
        "log_format",
        "text",
        choice("text", "json"),
        "Form of a log line",
        aliases=("logger_format",),
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, by theme."""

    listen: ListenSettings = field(default_factory=ListenSettings)
    functions: FunctionSettings = field(default_factory=FunctionSettings)
    job: JobSettings = field(default_factory=JobSettings)
    proxy: ProxySettings = field(default_factory=ProxySettings)
    scaling: ScalingSettings = field(default_factory=ScalingSettings)
    function_logs: FunctionLogSettings = field(default_factory=FunctionLogSettings)
    nomad: NomadSettings = field(default_factory=NomadSettings)
    consul: ConsulSettings = field(default_factory=ConsulSettings)
    mesh: MeshSettings = field(default_factory=MeshSettings)
    vault: VaultSettings = field(default_factory=VaultSettings)
    log: LogSettings = field(default_factory=LogSettings)


def groups() -> Iterator[tuple[str, type[Any]]]:
    """Yield each group's attribute and class, in the page's order."""
    for attribute in fields(Settings):
        yield attribute.name, attribute.type  # type: ignore[misc]


@cache
def specs() -> Mapping[str, Spec]:
    """Return every setting's spec by its name, in the page's order."""
    return {spec.name: spec for _, group in groups() for _, spec in specs_of(group)}


def settings_from(values: Mapping[str, object]) -> Settings:
    """Return the settings with `values`, by name; the rest as by default."""
    built: dict[str, Any] = {}
    for attribute, group in groups():
        given = {a: values[s.name] for a, s in specs_of(group) if s.name in values}
        built[attribute] = group(**given)
    return Settings(**built)


def values_of(settings: Settings) -> dict[str, object]:
    """Return every setting's value by its name, in the page's order."""
    return {
        spec.name: getattr(getattr(settings, attribute), name)
        for attribute, group in groups()
        for name, spec in specs_of(group)
    }
