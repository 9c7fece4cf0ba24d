"""Looks whether a back end answers, and at its certificate and clock."""

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx

from faas_nomad.clients.connections import open_client
from faas_nomad.clients.tls import TlsFiles
from faas_nomad.commands.check.facts import Answer, Connection, Problem
from faas_nomad.commands.check.findings import printable

Clock = Callable[[], float]
MAX_TEXT = 200
_EXPIRED, _NOT_YET_VALID, _WRONG_NAMES = 10, 9, frozenset({62, 63, 64})
"""OpenSSL's X509_V_ERR_… numbers."""
_WANTED = re.compile(
    r"certificate_required|alert_certificate|bad_certificate|unknown_ca|handshake_failure"
    r"|certificate_unknown|certificate_expired|alert_access",
    re.IGNORECASE,
)


async def look(
    address: str, tls: TlsFiles, path: str, timeout_s: float, clock: Clock = time.time
) -> Connection:
    """Return how `path`, which everybody may read, is answered."""
    try:
        client = open_client(address, tls, timeout_s)
    except (OSError, ValueError) as err:
        return Connection(address, Problem.BAD_FILE, printable(str(err)))
    extensions = {"sni_hostname": tls.server_name} if tls.server_name else {}
    async with client:
        began_s = clock()
        try:
            async with client.stream("GET", path, extensions=extensions) as response:
                body = (await response.aread()).decode(errors="replace")
                ends_s = _server_end(response)
        except (httpx.TransportError, OSError) as err:
            problem, detail = problem_of(err, is_socket=address.startswith("unix://"))
            return Connection(address, problem, detail)
        middle_s = (began_s + clock()) / 2
    if response.status_code == 400 and "HTTP request to an HTTPS server" in body:
        return Connection(address, Problem.TLS_THERE)
    return Connection(
        address,
        status=response.status_code,
        server_ends_s=ends_s,
        client_ends_s=file_end_s(tls.cert_file) if address.startswith("https://") else 0.0,
        clock_off_s=clock_off_s(response.headers.get("date", ""), middle_s),
    )


async def ask(
    client: httpx.AsyncClient,
    method: str,
    path: str,
    headers: Mapping[str, str],
    extensions: Mapping[str, Any],
    body: object = None,
) -> Answer:
    """Return the answer to one question, whatever it is."""
    try:
        reply = await client.request(
            method, path, headers=dict(headers), extensions=dict(extensions), json=body
        )
    except (httpx.TransportError, OSError) as err:
        return Answer(0, printable(f"{type(err).__name__} {err}")[:MAX_TEXT])
    is_json = reply.headers.get("content-type", "").startswith("application/json")
    try:
        decoded = reply.json() if is_json and reply.is_success else None
    except ValueError:
        decoded = None
    text = "" if is_json else printable(reply.text)[:MAX_TEXT]
    return Answer(reply.status_code, text, decoded)


def problem_of(err: BaseException, *, is_socket: bool = False) -> tuple[Problem, str]:
    """Return why a connection failed, from the errors behind the error; pure."""
    behind = list(_causes(err))
    detail = printable(str(err))[:MAX_TEXT]
    for one in behind:
        if isinstance(one, ssl.SSLCertVerificationError):
            return _verification(one), printable(one.verify_message)
        problem = _tls(one) if isinstance(one, ssl.SSLError) else _network(one, is_socket)
        if problem is not Problem.NONE:
            return problem, "" if problem is Problem.REFUSED else detail
    if any(isinstance(one, httpx.TimeoutException | TimeoutError) for one in behind):
        return Problem.SILENT, ""
    return Problem.OTHER, f"{type(err).__name__} {detail}".rstrip()


def clock_off_s(date: str, middle_s: float) -> float | None:
    """Return how far the clock that wrote `date` is ahead of `middle_s`; pure.

    A `Date` header has whole seconds, cut off: half of one is added.
    """
    try:
        return parsedate_to_datetime(date).timestamp() + 0.5 - middle_s
    except (TypeError, ValueError):
        return None


def _causes(err: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while err is not None and id(err) not in seen:
        seen.add(id(err))
        yield err
        inner = getattr(err, "exceptions", None)
        err = (inner[0] if inner else None) or err.__cause__ or err.__context__


def _verification(err: ssl.SSLCertVerificationError) -> Problem:
    if err.verify_code == _EXPIRED:
        return Problem.EXPIRED
    if err.verify_code == _NOT_YET_VALID:
        return Problem.NOT_YET_VALID
    return Problem.WRONG_NAME if err.verify_code in _WRONG_NAMES else Problem.UNTRUSTED


def _network(err: BaseException, is_socket: bool) -> Problem:
    if isinstance(err, socket.gaierror):
        return Problem.NO_SUCH_HOST
    if isinstance(err, OSError) and is_socket:
        return Problem.NO_SOCKET
    if isinstance(err, ConnectionRefusedError | PermissionError):
        return Problem.REFUSED
    return Problem.NONE


def _tls(err: ssl.SSLError) -> Problem:
    text = str(err)
    if re.search(r"wrong_version_number|record layer|http_request", text, re.IGNORECASE):
        return Problem.NO_TLS_THERE
    return Problem.WANTS_CERTIFICATE if _WANTED.search(text) else Problem.OTHER


def _server_end(response: httpx.Response) -> float:
    stream = response.extensions.get("network_stream")
    tls = stream.get_extra_info("ssl_object") if stream else None
    certificate = tls.getpeercert() if tls else None
    return _end(certificate)


def file_end_s(file: str) -> float:
    """Return when the certificate in a PEM file ends, 0 when there is none."""
    if not file or not Path(file).is_file():
        return 0.0
    try:
        # The one way of the standard library to read a certificate that is no authority's.
        decoded = ssl._ssl._test_decode_cert(file)  # type: ignore[attr-defined]
    except (AttributeError, OSError):
        return 0.0
    return _end(decoded)


def _end(certificate: Mapping[str, Any] | None) -> float:
    text = str((certificate or {}).get("notAfter", ""))
    return float(ssl.cert_time_to_seconds(text)) if text else 0.0
