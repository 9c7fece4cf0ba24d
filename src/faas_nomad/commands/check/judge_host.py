"""Is this machine, and are the settings, fit to serve. Pure."""

from collections.abc import Iterator, Sequence

from faas_nomad.commands.check.facts import HostFacts, PortUse
from faas_nomad.commands.check.findings import Finding, failure, ok, warning
from faas_nomad.commands.check.judge_connection import judge_certificate
from faas_nomad.settings.page import Settings


def judge_host(
    settings: Settings, facts: HostFacts, notices: Sequence[str], now_s: float
) -> Iterator[Finding]:
    """Yield what to say of ports, files and settings."""
    for setting, use in facts.ports.items():
        port = settings.listen.port if setting == "port" else settings.listen.gateway_port
        yield _port(setting, port, settings.listen.host, use)
    for setting, why in facts.unreadable.items():
        yield failure(setting, why, "name a file that faas-nomad's user may read")
    yield from judge_certificate("tls_cert", facts.certificate_ends_s, now_s)
    if not settings.listen.basic_auth:
        yield warning(
            "basic_auth",
            "off: who reaches the ports can deploy and read secrets' names",
            "set basic_auth and secret_mount_path, or let a gateway alone reach the ports",
        )
    for notice in notices:
        yield warning("settings", notice, "faas-nomad config shows where each value comes from")


def _port(setting: str, port: int, host: str, use: PortUse) -> Finding:
    advice = f"set {setting} to another port, or stop what listens there"
    if use is PortUse.TAKEN:
        return failure(setting, f"{port} is in use by another program", advice)
    if use is PortUse.FORBIDDEN:
        return failure(setting, f"{port} is not allowed to this user", "take a port above 1023")
    if use is PortUse.NO_SUCH_ADDRESS:
        return failure(setting, f"this machine has no address {host}", "set host to one it has")
    if use is PortUse.OURS:
        return ok(setting, f"{port} is served by faas-nomad already")
    return ok(setting, f"{port} is free")
