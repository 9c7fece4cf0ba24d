"""Asks the faas-nomad on this machine whether it serves: the image's health check.

Standard library only, for it runs four times a minute: `python -m faas_nomad.health [URL]`. Without
a URL the provider address is asked, by the environment's `port` and `tls_cert`.
"""

import os
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence

WITHIN_S = 4.0
USUAL_PORT = 8081


def url_of(environ: Mapping[str, str]) -> str:
    """Return the address to ask, on this machine."""
    scheme = "https" if _named(environ, "tls_cert") else "http"
    return f"{scheme}://127.0.0.1:{_named(environ, 'port') or USUAL_PORT}/healthz"


def problem_of(url: str) -> str:
    """Return why the address does not answer as it should, or nothing."""
    trusting = ssl.create_default_context()
    # Its name is another one than this machine's, and nothing secret is sent.
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusting)
    )
    try:
        with opener.open(url, timeout=WITHIN_S) as answer:
            return "" if answer.status == 200 else f"{url} answers {answer.status}"
    except (OSError, ValueError) as err:
        return f"{url}: {err}"


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
