"""Looks at the ports and files that the settings name."""

import errno
import socket
from pathlib import Path

import httpx

from faas_nomad.commands.check.facts import HostFacts, PortUse
from faas_nomad.commands.check.gather_connection import file_end_s
from faas_nomad.settings.credentials import load_credentials
from faas_nomad.settings.errors import SettingsError
from faas_nomad.settings.page import Settings, specs, values_of
from faas_nomad.settings.reading import read_text
from faas_nomad.settings.values import FILE

_FOLDERS = frozenset({"nomad_capath", "consul_capath", "vault_capath", "secret_mount_path"})
ANSWERED_WITHIN_S = 2.0


def gather_host(settings: Settings) -> HostFacts:
    """Return what this machine has for the settings."""
    listen = settings.listen
    ports = {"port": listen.port, "gateway_port": listen.gateway_port}
    uses = {name: use_of(listen.host, port) for name, port in ports.items() if port}
    unreadable = {**_unreadable_files(settings), **_unreadable_credentials(settings)}
    return HostFacts(uses, unreadable, file_end_s(listen.cert_file))


def use_of(host: str, port: int) -> PortUse:
    """Return whether `port` can be listened on, or is by faas-nomad itself."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, proto) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(address)
            tried.listen(1)
    except socket.gaierror:
        return PortUse.NO_SUCH_ADDRESS
    except PermissionError:
        return PortUse.FORBIDDEN
    except OSError as err:
        if err.errno == errno.EADDRNOTAVAIL:
            return PortUse.NO_SUCH_ADDRESS
        is_ours = any(_is_ours(host, port, scheme) for scheme in ("http", "https"))
        return PortUse.OURS if is_ours else PortUse.TAKEN
    return PortUse.FREE


def _is_ours(host: str, port: int, scheme: str) -> bool:
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - to be compared
    shown = f"[{near}]" if ":" in near else near
    try:
        reply = httpx.get(
            f"{scheme}://{shown}:{port}/healthz?detail=1",
            timeout=ANSWERED_WITHIN_S,
            trust_env=False,
            verify=False,  # noqa: S501 - nothing secret is sent or believed
        )
        return "backends" in reply.json()
    except (httpx.HTTPError, ValueError, TypeError):
        return False


def _unreadable_files(settings: Settings) -> dict[str, str]:
    values = values_of(settings)
    named = {
        name: Path(str(values[name]))
        for name, spec in specs().items()
        if spec.kind is FILE and name not in _FOLDERS and values[name]
    }
    return {name: why for name, path in named.items() if (why := _why_unreadable(path))}


def _why_unreadable(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as err:
        return f"{path} cannot be read: {err.strerror or err}"
    return ""


def _unreadable_credentials(settings: Settings) -> dict[str, str]:
    if not settings.listen.basic_auth:
        return {}
    try:
        load_credentials(settings.listen.secret_mount_path, read_text)
    except SettingsError as err:
        return {"secret_mount_path": "; ".join(err.problems)}
    return {}
