"""Vault by hvac, whose calls block: in worker threads of its own, with `clients.errors`.

One client, one session; its token is replaced by `VaultSession` alone.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import hvac
import requests
from hvac import exceptions

from faas_nomad.clients.answers import one_line
from faas_nomad.clients.errors import (
    BackendError,
    DeniedError,
    NotFoundError,
    RejectedError,
    UnexpectedReplyError,
    UnreachableError,
)
from faas_nomad.clients.tls import TlsFiles
from faas_nomad.clients.vault_address import DEFAULT_ADDRESS, FindVault
from faas_nomad.clients.vault_replies import check_reply
from faas_nomad.clients.vault_tls import OwnTls, reason_of

THREADS = 8
"""Calls of Vault under way at once; more of them wait."""
CONNECT_WITHIN_S = 3.0
MOST_REQUESTS = 3
"""That one call consists of."""
T = TypeVar("T")


@dataclass(frozen=True)
class VaultTarget:
    """How to reach Vault; an empty address is to be found out."""

    address: str
    namespace: str = ""
    tls: TlsFiles = field(default_factory=TlsFiles)
    timeout_s: float = field(default=10.0)


class VaultConnection:
    """`run` and `run_apart` are the only ways in."""

    def __init__(self, target: VaultTarget, find: FindVault | None = None) -> None:
        """Open no connection yet; `find` says where Vault is when `target` does not.

        Raises:
            OSError, ssl.SSLError: A certificate file cannot be used.
        """
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.mount("https://", OwnTls(target.tls, THREADS))
        self._session.hooks["response"].append(check_reply)
        self._target = target
        self._find = None if target.address else find
        self.client = self._client(target.address or DEFAULT_ADDRESS)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="vault")

    async def run(self, call: Callable[[hvac.Client], T]) -> T:
        """Return what `call` makes of the client. Raises: BackendError."""
        await self._found()
        return await self._in_thread(call, self.client)

    async def run_apart(self, call: Callable[[hvac.Client], T]) -> T:
        """Do so with a client of its own: a token that `call` sets is no other call's.

        Raises:
            BackendError: As `run`.
        """
        await self._found()
        return await self._in_thread(call, self._client(self.client.url))

    def close(self) -> None:
        """Let no more calls in; those under way end by their time limits."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _found(self) -> None:
        if self._find is not None:
            self.client.url = await self._find()
            self._find = None

    async def _in_thread(self, call: Callable[[hvac.Client], T], client: hvac.Client) -> T:
        """The time limits of requests hold for each piece of an answer, this one for the whole."""
        loop = asyncio.get_running_loop()
        within_s = CONNECT_WITHIN_S + MOST_REQUESTS * self._target.timeout_s
        try:
            async with asyncio.timeout(within_s):
                return await loop.run_in_executor(self._threads, _mapped, call, client)
        except TimeoutError:
            raise UnreachableError(f"Vault did not answer within {within_s:g} s") from None

    def _client(self, url: str) -> hvac.Client:
        return hvac.Client(
            url=url,
            token="",
            timeout=(CONNECT_WITHIN_S, self._target.timeout_s),
            namespace=self._target.namespace or None,
            session=self._session,
            allow_redirects=False,
        )


def _mapped(call: Callable[[hvac.Client], T], client: hvac.Client) -> T:
    try:
        return call(client)
    except exceptions.VaultError as err:
        raise error_of(err) from err
    except requests.RequestException as err:
        why = f"{type(err).__name__} {one_line(reason_of(err))}".rstrip()
        raise UnreachableError(f"Vault cannot be reached: {why}") from err
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as err:
        raise UnexpectedReplyError("Vault's answer lacks what it should have") from err


def error_of(err: exceptions.VaultError) -> BackendError:
    """Return the error of ours that one of hvac's stands for; pure."""
    said = one_line("; ".join(str(text) for text in err.errors or ()) or str(err))
    if isinstance(err, exceptions.VaultDown):
        return UnreachableError(f"Vault is sealed or not ready: {said}")
    if isinstance(err, exceptions.InvalidPath):
        return NotFoundError(f"Vault answered 404: {said}")
    if isinstance(err, exceptions.Forbidden | exceptions.Unauthorized):
        return DeniedError(f"Vault answered 403: {said}")
    passing = (
        exceptions.RateLimitExceeded,
        exceptions.InternalServerError,
        exceptions.BadGateway,
        exceptions.VaultNotInitialized,
    )
    if isinstance(err, passing):
        return UnreachableError(f"Vault is not able to answer: {said}")
    return RejectedError(f"Vault refused: {said}")
