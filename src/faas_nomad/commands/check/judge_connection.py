"""Can a back end be talked to, safely, and do the clocks agree. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from faas_nomad.commands.check.facts import Connection, Problem
from faas_nomad.commands.check.findings import Finding, failure, ok, warning

CLOCK_WARNING_S = 5.0
CLOCK_FAILURE_S = 60.0
"""What Vault and Consul allow in the times of a workload identity."""
CERTIFICATE_WARNING_S = 14 * 86_400.0


@dataclass(frozen=True)
class Names:
    """A back end and its settings, as advice names them."""

    backend: str
    address: str
    ca: str
    certificate: str
    server_name: str
    usual_port: int


NOMAD = Names(
    "Nomad", "nomad_addr", "nomad_cacert", "nomad_client_cert", "nomad_tls_server_name", 4646
)
VAULT = Names(
    "Vault", "vault_addr", "vault_cacert", "vault_client_cert", "vault_tls_server_name", 8200
)
CONSUL = Names(
    "Consul",
    "consul_http_addr",
    "consul_cacert",
    "consul_client_cert",
    "consul_tls_server_name",
    8500,
)


def judge_connection(names: Names, found: Connection, now_s: float) -> Iterator[Finding]:
    """Yield what to say of the address, the certificates and the clock."""
    subject = f"{names.backend} address"
    if found.problem is not Problem.NONE:
        yield failure(subject, _said(found), _advice(names, found))
        return
    yield ok(subject, f"{found.address} answers")
    yield from judge_certificate(f"{names.backend} certificate", found.server_ends_s, now_s)
    yield from judge_certificate(names.certificate, found.client_ends_s, now_s)
    yield from _clock(names, found)


def _said(found: Connection) -> str:
    what = {
        Problem.NO_SUCH_HOST: "there is no such host",
        Problem.REFUSED: "nothing listens there",
        Problem.SILENT: "it does not answer in time",
        Problem.NO_SOCKET: "the socket cannot be used",
        Problem.EXPIRED: "its certificate has expired",
        Problem.NOT_YET_VALID: "its certificate is not valid yet",
        Problem.UNTRUSTED: "its certificate is from an authority that is not trusted",
        Problem.WRONG_NAME: "its certificate is for another name",
        Problem.WANTS_CERTIFICATE: "it wants a client certificate of its own authority",
        Problem.NO_TLS_THERE: "it speaks no TLS",
        Problem.TLS_THERE: "it speaks TLS",
        Problem.BAD_FILE: "a certificate file cannot be used",
    }.get(found.problem, "it cannot be talked to")
    return f"{found.address}: {what}" + (f" ({found.detail})" if found.detail else "")


def _advice(names: Names, found: Connection) -> str:
    reach = (
        f"start {names.backend}, or set {names.address} to where it is "
        f"(port {names.usual_port} unless changed), and let this machine reach it"
    )
    return {
        Problem.EXPIRED: f"renew {names.backend}'s certificate and reload it there",
        Problem.NOT_YET_VALID: "correct the clock of this machine, or the certificate's dates",
        Problem.UNTRUSTED: f"set {names.ca} to the certificate of the authority that signed it",
        Problem.WRONG_NAME: f"set {names.server_name} to a name in the certificate, such as "
        f"{_usual_name(names)}",
        Problem.WANTS_CERTIFICATE: f"set {names.certificate} and its key to a certificate that is "
        "in date and signed by its authority",
        Problem.NO_TLS_THERE: f"write http:// in {names.address}, or switch TLS on there",
        Problem.TLS_THERE: f"write https:// in {names.address}",
        Problem.BAD_FILE: f"look at the files of {names.ca} and {names.certificate}: PEM, "
        "readable, the key belonging to the certificate",
        Problem.NO_SOCKET: "run this inside the task, where Nomad puts the socket; with exec and "
        "raw_exec its path has 107 bytes at most, so keep the clients' data_dir short",
    }.get(found.problem, reach)


def _usual_name(names: Names) -> str:
    return {"Nomad": "server.global.nomad", "Consul": "server.dc1.consul"}.get(
        names.backend, "the host's"
    )


def judge_certificate(subject: str, ends_s: float, now_s: float) -> Iterator[Finding]:
    """Yield what to say of a certificate's end; nothing when there is none (0)."""
    if not ends_s:
        return
    left_s = ends_s - now_s
    days = f"{abs(left_s) / 86_400:.0f} days"
    if left_s <= 0:
        yield failure(subject, f"the certificate expired {days} ago", "renew it")
    elif left_s < CERTIFICATE_WARNING_S:
        yield warning(subject, f"the certificate ends in {days}", "renew it in time")
    else:
        yield ok(subject, f"valid for {days}")


def _clock(names: Names, found: Connection) -> Iterator[Finding]:
    if found.clock_off_s is None:
        return
    off_s = abs(found.clock_off_s)
    side = "ahead of" if found.clock_off_s > 0 else "behind"
    text = f"{names.backend}'s is {off_s:.0f} s {side} this machine's"
    advice = "run a time service (chrony, systemd-timesyncd) on both machines"
    if off_s >= CLOCK_FAILURE_S:
        yield failure("clock", f"{text}: tokens and certificates will be refused", advice)
    elif off_s >= CLOCK_WARNING_S:
        yield warning("clock", text, advice)
    else:
        yield ok("clock", f"within {CLOCK_WARNING_S:.0f} s of {names.backend}'s")
