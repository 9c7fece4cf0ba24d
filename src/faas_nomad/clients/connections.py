"""The pool of connections to a back end: over TCP, TLS or a Unix socket."""

import ssl
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from faas_nomad.clients.tls import FollowedTls, FollowingTransport, TlsFiles

MAX_CONNECTIONS = 50
"""Half of what a Nomad agent takes from one address (`http_max_conns_per_client`, 100)."""
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""httpx asks for one, and would read all the system's authorities for it."""


def open_client(
    address: str, tls: TlsFiles, timeout_s: float, *, max_connections: int = MAX_CONNECTIONS
) -> httpx.AsyncClient:
    """Return a client for `http://`, `https://` or `unix://` addresses, with a pool of its own.

    It keeps no cookies, which would be sent back in every request, more and more of them.

    Raises:
        OSError, ssl.SSLError: A certificate file cannot be used.
    """
    limits = httpx.Limits(max_connections=max_connections, keepalive_expiry=30.0)
    uds = address.removeprefix("unix://") if address.startswith("unix://") else None
    transport: httpx.AsyncBaseTransport
    if address.startswith("https://"):
        transport = FollowingTransport(FollowedTls(tls), limits)
    else:
        transport = httpx.AsyncHTTPTransport(verify=_NO_TLS, limits=limits, uds=uds)
    return httpx.AsyncClient(
        base_url="http://localhost" if uds else address,
        transport=transport,
        timeout=httpx.Timeout(timeout_s),
        trust_env=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        event_hooks={"response": [_forget_where_it_leads]},
    )


async def _forget_where_it_leads(response: httpx.Response) -> None:
    """No redirect is followed, but httpx reads its URL, and fails with all kinds of errors."""
    response.headers.pop("Location", None)
