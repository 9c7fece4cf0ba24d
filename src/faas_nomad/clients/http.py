"""The one request function that every back end client goes through.

It owns tokens, time limits, the second try and the mapping of status codes to `clients.errors`.
"""

import asyncio
import random
import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from faas_nomad.clients.errors import (
    BackendError,
    ConflictError,
    DeniedError,
    InterruptedCallError,
    InvalidJobError,
    NotFoundError,
    RejectedError,
    UnreachableError,
)
from faas_nomad.clients.retry import is_passing, pauses_s
from faas_nomad.clients.tls import FollowedTls, FollowingTransport, TlsFiles
from faas_nomad.clients.tokens import TokenSource

MAX_CONNECTIONS = 50
"""Half of what a Nomad agent takes from one address (`http_max_conns_per_client`, 100)."""
MAX_REASON_CHARS = 500
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""httpx asks for one, and would read all the system's authorities for it."""
Params = Mapping[str, str | int]
RightFor = Callable[[str, str, Params], str]
"""Gives the right that a call takes, by method, path and parameters; empty when unknown."""
CallObserver = Callable[[str, str], None]
"""Called once a call with the back end's name and the outcome: `ok` or an error's class name."""


def open_client(
    address: str, tls: TlsFiles, timeout_s: float, *, max_connections: int = MAX_CONNECTIONS
) -> httpx.AsyncClient:
    """Return a client for `http://`, `https://` or `unix://` addresses, with a pool of its own.

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
    )


class Backend:
    """One back end's connection: `request` is the only way in."""

    def __init__(
        self,
        name: str,
        client: httpx.AsyncClient,
        token: TokenSource,
        *,
        token_header: str,
        timeout_s: float,
        server_name: str = "",
        observe: CallObserver = lambda _name, _outcome: None,
        right_for: RightFor = lambda _method, _path, _params: "",
    ) -> None:
        self.name = name
        self.client = client
        self._token = token
        self._token_header = token_header
        self._timeout_s = timeout_s
        self.server_name = server_name
        self._extensions = {"sni_hostname": server_name} if server_name else {}
        self._observe = observe
        self._right_for = right_for
        self._where = f"{name} at {client.base_url}"

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: Any = None,
        repeatable: bool = True,
        timeout_s: float | None = None,
    ) -> httpx.Response:
        """Return the successful answer; tried again within the time limit while that may help.

        A call that is not `repeatable` is tried again only when nothing of it was sent.

        Raises:
            BackendError: One of `clients.errors`, by status and text.
        """
        try:
            response = await self._until_deadline(
                method, path, params, json, repeatable, timeout_s or self._timeout_s
            )
        except BackendError as err:
            self._observe(self.name, type(err).__name__)
            raise
        self._observe(self.name, "ok")
        return response

    async def ask_once(
        self, method: str, path: str, *, params: Params | None = None, timeout_s: float
    ) -> httpx.Response:
        """Return the successful answer of one try, for callers with a rhythm of their own.

        Raises:
            BackendError: One of `clients.errors`, by status and text.
        """
        try:
            response = await self._try(method, path, params, None, timeout_s)
        except BackendError as err:
            self._observe(self.name, type(err).__name__)
            raise
        self._observe(self.name, "ok")
        return response

    async def _until_deadline(
        self,
        method: str,
        path: str,
        params: Params | None,
        json: Any,
        repeatable: bool,
        timeout_s: float,
    ) -> httpx.Response:
        deadline_s = time.monotonic() + timeout_s
        pauses = pauses_s(random.random())  # noqa: S311 - jitter, no secret
        while True:
            left_s = max(0.001, deadline_s - time.monotonic())
            try:
                return await self._try(method, path, params, json, left_s)
            except UnreachableError as err:
                if isinstance(err, InterruptedCallError) and not repeatable:
                    raise
                pause_s = next(pauses)
                if time.monotonic() + pause_s >= deadline_s:
                    raise
            await asyncio.sleep(pause_s)

    async def _try(
        self, method: str, path: str, params: Params | None, json: Any, left_s: float
    ) -> httpx.Response:
        """Try once. Raises: UnreachableError where another try may help."""
        try:
            response = await self._once(method, path, params, json, left_s)
        except httpx.ConnectError as err:
            text = f"{self._where}{_region(params)} cannot be reached: {one_line(str(err))}"
            raise UnreachableError(text) from err
        except (httpx.TransportError, OSError) as err:  # a TLS alert comes bare (ssl.SSLError)
            said = _broken_off(err, self.client.base_url.scheme)
            text = f"{self._where}{_region(params)} did not answer: {said}"
            raise InterruptedCallError(text) from err
        if not response.is_success and is_passing(response.status_code, response.text):
            raise UnreachableError(self._reason(response, params))
        return self._checked(response, params, self._right_for(method, path, params or {}))

    async def _once(
        self, method: str, path: str, params: Params | None, json: Any, left_s: float
    ) -> httpx.Response:
        response = await self._send(method, path, params, json, left_s)
        if response.status_code in (401, 403) and self._token.reread():
            return await self._send(method, path, params, json, left_s)
        return response

    async def _send(
        self, method: str, path: str, params: Params | None, json: Any, left_s: float
    ) -> httpx.Response:
        return await self.client.request(
            method,
            path,
            params=dict(params or {}),
            json=json,
            headers=self.auth_headers(),
            timeout=left_s,
            extensions=dict(self._extensions),
        )

    @property
    def extensions(self) -> dict[str, str]:
        """What every request must be given, for streams too: the name in the certificate."""
        return dict(self._extensions)

    def auth_headers(self) -> dict[str, str]:
        """Return the header that carries the present token; nothing when there is none."""
        token = self._token()
        return {self._token_header: token} if token else {}

    def _checked(
        self, response: httpx.Response, params: Params | None, right: str
    ) -> httpx.Response:
        if response.is_success:
            return response
        raise error_for(response.status_code, self._reason(response, params), right)

    def _reason(self, response: httpx.Response, params: Params | None) -> str:
        said = f"{response.status_code}: {reason_text(response.text)}"
        return f"{self.name}{_region(params)} answered {said}"


def _broken_off(err: Exception, scheme: str) -> str:
    """Return what ended a call.

    A server refuses a client's certificate after the handshake (TLS 1.3). Where it closes while
    our request is on its way, the system throws away what it said of the reason.
    """
    said = f"{type(err).__name__} {one_line(str(err))}".rstrip()
    is_wordless = isinstance(err, httpx.NetworkError) and not str(err)
    hint = " (perhaps it refuses our client certificate)"
    return f"{said}{hint}" if is_wordless and scheme == "https" else said


def _region(params: Params | None) -> str:
    """Return whom a call was to be passed on to, if it names a region of Nomad."""
    region = (params or {}).get("region")
    return f", asked for the region {region}," if region else ""


def error_for(status: int, reason: str, right: str = "") -> BackendError:
    """Return the error that an answer stands for; `reason` becomes its text.

    A refusal also names the `right` that the call takes.

    Nomad answers 500 for a lost check-and-set on a job and for an invalid one, hence the look at
    the text (go-multierror's «1 error occurred:»).
    """
    folded = reason.lower()
    if status in (401, 403):
        return DeniedError(f"{reason} (the call takes {right})" if right else reason)
    if status == 404:
        return NotFoundError(reason)
    if status == 409 or "enforcing job modify index" in folded:
        return ConflictError(reason)
    if "error occurred:" in folded or "errors occurred:" in folded:
        return InvalidJobError(reason)
    return RejectedError(reason)


def reason_text(body: str) -> str:
    """Return what an error's body says, as one line; nothing of one that is JSON.

    Errors are plain text. JSON is an object of the API and may hold secrets: a variable's lost
    check-and-set is answered with the variable.
    """
    return "" if body.lstrip()[:1] in ("{", "[") else one_line(body)


def one_line(text: str) -> str:
    """Return `text` as one printable line of at most 500 characters."""
    folded = " ".join(text.split())
    printable = "".join(c if c.isprintable() else "?" for c in folded)
    return printable[:MAX_REASON_CHARS]
