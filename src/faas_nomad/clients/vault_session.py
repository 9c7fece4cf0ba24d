"""A Vault token that is kept good: logged in when needed, renewed, replaced when refused."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

import hvac

from faas_nomad.clients.errors import BackendError, DeniedError, NotFoundError, RejectedError
from faas_nomad.clients.vault import VaultConnection
from faas_nomad.clients.vault_login import Lease, Login

T = TypeVar("T")
Observe = Callable[[BackendError | None, float | None], None]
"""Told after each call how it failed, or None, and how long the token lasts."""


class VaultSession:
    """Calls of Vault with a valid token; a refused one is replaced and the call made again."""

    def __init__(
        self,
        connection: VaultConnection,
        login: Login,
        observe: Observe = lambda _err, _left_s: None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connection = connection
        self._login = login
        self._observe = observe
        self._now_s = now_s
        self._lease: Lease | None = None
        self._first_ttl_s = 0.0
        self._ends_s = 0.0
        self._changing = asyncio.Lock()

    @property
    def left_s(self) -> float | None:
        """Return how long the token lasts, 0 when it has ended; None without end or token."""
        if self._lease is None or self._lease.ttl_s == 0:
            return None
        return max(0.0, self._ends_s - self._now_s())

    async def call(self, action: Callable[[hvac.Client], T]) -> T:
        """Return what `action` makes of the client. Raises: BackendError."""
        try:
            answer = await self._with_token(action)
        except BackendError as err:
            self._observe(err, self.left_s)
            raise
        self._observe(None, self.left_s)
        return answer

    async def refresh(self) -> float | None:
        """Log in or renew, whichever is due; return how long the token lasts, None for ever.

        Near the end of its life a token is renewed for less and less: below half of the first
        time, it is replaced.

        Raises:
            BackendError: Neither was possible.
        """
        try:
            async with self._changing:
                await self._refresh()
        except BackendError as err:
            self._observe(err, self.left_s)
            raise
        self._observe(None, self.left_s)
        return self.left_s

    async def _refresh(self) -> None:
        if self._lease is None or not self._lease.renewable:
            return await self._log_in()
        token = self._lease.token
        try:
            lease = await self._connection.run(lambda client: _renewed(client, token))
        except DeniedError:
            return await self._log_in()
        self._take(lease)
        if lease.ttl_s < self._first_ttl_s / 2:
            await self._log_in()

    async def _with_token(self, action: Callable[[hvac.Client], T]) -> T:
        lease = self._lease
        if lease is None or self.left_s == 0:
            await self._replace(lease)
        used = self._lease
        try:
            return await self._connection.run(action)
        except DeniedError:
            refused = await self._is_refused()
            # Renewal may have put a good token in its place meanwhile: then it is that one's turn.
            if not refused and used and self._lease and self._lease.token == used.token:
                raise
        await self._replace(used)
        return await self._connection.run(action)

    async def _is_refused(self) -> bool:
        """Tell whether it is the token that Vault refuses, and not what was asked with it."""
        try:
            await self._connection.run(lambda client: client.auth.token.lookup_self())
        except DeniedError:
            return True
        return False

    async def _replace(self, old: Lease | None) -> None:
        async with self._changing:
            present = self._lease
            if present is None or (old is not None and present.token == old.token):
                await self._log_in()

    async def _log_in(self) -> None:
        """Have a new token; until there is one, that of before stands.

        Raises:
            DeniedError: The login is refused, whatever status that has (AppRole's is 400).
            BackendError: Vault cannot be asked.
        """
        try:
            lease = await self._connection.run_apart(self._login)
        except (RejectedError, NotFoundError) as err:
            raise DeniedError(f"no login to Vault: {err}") from err
        self._take(lease)
        self._first_ttl_s = lease.ttl_s

    def _take(self, lease: Lease) -> None:
        self._lease = lease
        self._ends_s = self._now_s() + lease.ttl_s
        self._connection.client.token = lease.token


def _renewed(client: hvac.Client, token: str) -> Lease:
    auth = client.auth.token.renew_self()["auth"]
    return Lease(token, float(auth["lease_duration"]), bool(auth["renewable"]))
