"""Keeping web pages away from a server that runs whatever it is told.

The real Nomad has no such rule: a page in a browser on the same machine can reach a development
agent without ACLs. The stand-in answers no request that a browser sends for another site
(`Origin`), nor one that came by a foreign name (DNS rebinding).
"""

from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

_OWN_NAMES = frozenset(("127.0.0.1", "localhost", "::1"))


class LocalCallersOnly:
    """Answers 403 to requests that a browser made for some web page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == "http" and not is_local_call(dict(scope["headers"])):
            body = b"the stand-in for Nomad answers local programs only"
            headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": body})
            return
        await self._app(scope, receive, send)


def is_local_call(headers: dict[bytes, bytes]) -> bool:
    """Tell whether the request names this machine as its host and comes from no web page."""
    if b"origin" in headers:
        return False
    host = headers.get(b"host", b"localhost").decode("latin-1")
    try:
        return urlsplit(f"//{host}").hostname in _OWN_NAMES
    except ValueError:
        return False
