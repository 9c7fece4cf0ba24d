"""Asks the faas-nomad on this machine whether it serves: the image's health check.

It runs again and again, so it takes as little of the standard library as it can:
`python -m faas_nomad.health [URL]`. Without a URL the provider address is asked, by the
environment's `port` and `tls_cert`.
"""

import os
import socket
import sys
from collections.abc import Mapping, Sequence

WITHIN_S = 4.0
USUAL_PORT = 8081


def url_of(environ: Mapping[str, str]) -> str:
    """Return the address to ask, on this machine."""
    scheme = "https" if _named(environ, "tls_cert") else "http"
    return f"{scheme}://127.0.0.1:{_named(environ, 'port') or USUAL_PORT}/healthz"


def problem_of(url: str) -> str:
    """Return why the address does not answer as it should, or nothing."""
    try:
        status = _status(url)
    except (OSError, ValueError) as err:
        return f"{url}: {err}"
    return "" if status == "200" else f"{url} answers {status or 'nothing'}"


def _status(url: str) -> str:
    scheme, _, rest = url.partition("://")
    place, _, path = rest.partition("/")
    host, _, port = place.rpartition(":")
    asked = f"GET /{path} HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n\r\n"
    with socket.create_connection((host, int(port)), WITHIN_S) as raw:
        connection = _wrapped(raw) if scheme == "https" else raw
        connection.sendall(asked.encode())
        words = connection.recv(64).split()
        connection.close()
    return words[1].decode(errors="replace") if len(words) > 1 else ""


def _wrapped(raw: socket.socket) -> socket.socket:
    import ssl  # takes as long as all the rest

    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Its name is another one than this machine's, and nothing secret is sent.
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    return trusting.wrap_socket(raw)


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Return 0 if it serves, else 1 with the reason on standard error."""
    problem = problem_of(arguments[0] if arguments else url_of(environ))
    if problem:
        print(problem, file=sys.stderr)
    return 1 if problem else 0


def _named(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name.upper()) or environ.get(name) or ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
