"""The one request function that every back end client goes through.

It owns tokens, time limits and the second try; what an answer means is in `answers`.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from faas_nomad.clients.answers import broken_off, error_for, not_connected, reason_text
from faas_nomad.clients.errors import (
    BackendError,
    InterruptedCallError,
    UnexpectedReplyError,
    UnreachableError,
)
from faas_nomad.clients.retry import is_passing, pauses_s
from faas_nomad.clients.tokens import TokenSource
from faas_nomad.clients.whole_answers import ENCODINGS, Answer, whole_answer

Params = Mapping[str, str | int]
RightFor = Callable[[str, str, Params], str]
"""Gives the right that a call takes, by method, path and parameters; empty when unknown."""
CallObserver = Callable[[str, str], None]
"""Called once a call with the back end's name and the outcome: `ok` or an error's class name."""


@dataclass(frozen=True)
class _Call:
    """What is asked of a back end."""

    method: str
    path: str
    params: Params
    json: Any = None

    @property
    def passed_on(self) -> str:
        """Whom the call was to be passed on to, if it names a region of Nomad."""
        region = self.params.get("region")
        return f", asked for the region {region}," if region else ""


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
    ) -> Answer:
        """Return the successful answer; tried again within the time limit while that may help.

        A call that is not `repeatable` is tried again only when nothing of it was sent.

        Raises:
            BackendError: One of `clients.errors`, by status and text.
        """
        call = _Call(method, path, params or {}, json)
        within_s = timeout_s or self._timeout_s
        return await self._observed(self._until_deadline(call, within_s, repeatable))

    async def ask_once(
        self, method: str, path: str, *, params: Params | None = None, timeout_s: float
    ) -> Answer:
        """Return the successful answer of one try, for callers with a rhythm of their own.

        Raises:
            BackendError: One of `clients.errors`, by status and text.
        """
        return await self._observed(self._try(_Call(method, path, params or {}), timeout_s))

    @property
    def extensions(self) -> dict[str, str]:
        """What every request must be given, for streams too: the name in the certificate."""
        return dict(self._extensions)

    def auth_headers(self) -> dict[str, str]:
        """Return the header that carries the present token; nothing when there is none."""
        token = self._token()
        return {self._token_header: token} if token else {}

    async def _observed(self, asked: Awaitable[Answer]) -> Answer:
        try:
            response = await asked
        except BackendError as err:
            self._observe(self.name, type(err).__name__)
            raise
        self._observe(self.name, "ok")
        return response

    async def _until_deadline(self, call: _Call, within_s: float, repeatable: bool) -> Answer:
        deadline_s = time.monotonic() + within_s
        pauses = pauses_s(random.random())  # noqa: S311 - jitter, no secret
        while True:
            left_s = max(0.001, deadline_s - time.monotonic())
            try:
                return await self._try(call, left_s)
            except UnreachableError as err:
                if isinstance(err, InterruptedCallError) and not repeatable:
                    raise
                pause_s = next(pauses)
                if time.monotonic() + pause_s >= deadline_s:
                    raise
            await asyncio.sleep(pause_s)

    async def _try(self, call: _Call, left_s: float) -> Answer:
        """Try once. Raises: UnreachableError where another try may help."""
        try:
            response = await self._once(call, left_s)
        except httpx.ConnectError as err:
            text = f"{self._where}{call.passed_on} cannot be reached: {not_connected(err)}"
            raise UnreachableError(text) from err
        except (httpx.RequestError, OSError) as err:  # a TLS alert comes bare (ssl.SSLError)
            said = broken_off(err, self.client.base_url.scheme)
            text = f"{self._where}{call.passed_on} did not answer: {said}"
            raise InterruptedCallError(text) from err
        return self._checked(call, response)

    async def _once(self, call: _Call, left_s: float) -> Answer:
        response = await self._send(call, left_s)
        if response.status in (401, 403) and self._token.reread():
            return await self._send(call, left_s)
        return response

    async def _send(self, call: _Call, left_s: float) -> Answer:
        whose = f"{self.name}'s answer to {call.path}"
        return await whole_answer(self.client, self._request_of(call, left_s), left_s, whose)

    def _request_of(self, call: _Call, left_s: float) -> httpx.Request:
        """Raises: UnexpectedReplyError: What was answered before cannot be sent back."""
        try:
            return self.client.build_request(
                call.method,
                call.path,
                params=dict(call.params),
                json=call.json,
                headers={**self.auth_headers(), "Accept-Encoding": ENCODINGS},
                timeout=left_s,
                extensions=dict(self._extensions),
            )
        except (httpx.InvalidURL, ValueError, RecursionError) as err:
            text = f"{self.name} cannot be asked with what it told before ({type(err).__name__})"
            raise UnexpectedReplyError(text) from err

    def _checked(self, call: _Call, answer: Answer) -> Answer:
        if 200 <= answer.status < 300:
            return answer
        status, body = answer.status, answer.text
        reason = f"{self.name}{call.passed_on} answered {status}: {reason_text(body)}"
        if is_passing(status, body):
            raise UnreachableError(reason)
        raise error_for(status, reason, self._right_for(call.method, call.path, call.params))
