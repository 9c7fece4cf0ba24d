"""A session logs in when it must, once for all who wait, and never because of a plain refusal."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from faas_nomad.clients.errors import (
    BackendError,
    DeniedError,
    NotFoundError,
    RejectedError,
    UnreachableError,
)
from faas_nomad.clients.vault_login import Lease
from faas_nomad.clients.vault_session import VaultSession


class FakeVault:
    """Plays hvac's client and the connection: one valid token at a time."""

    def __init__(self) -> None:
        self.token = ""
        self.valid = ""
        self.logins = 0
        self.ttl_s = 60.0
        self.renewed_s: list[float] = []
        self.down = False

    async def run(self, call: Callable[[Any], Any]) -> Any:
        await asyncio.sleep(0)
        if self.down:
            raise UnreachableError("Vault cannot be reached")
        return call(self)

    def log_in(self, _client: Any) -> Lease:
        self.logins += 1
        self.valid = f"token-{self.logins}"
        return Lease(self.valid, self.ttl_s, renewable=True)

    def lookup_self(self) -> None:
        if self.token != self.valid:
            raise DeniedError("Vault answered 403: permission denied")

    def renew_self(self) -> dict[str, Any]:
        self.lookup_self()
        return {"auth": {"lease_duration": self.renewed_s.pop(0), "renewable": True}}

    def read(self) -> str:
        self.lookup_self()
        return "read"


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def vault() -> FakeVault:
    return FakeVault()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def seen() -> list[tuple[str, float | None]]:
    return []


@pytest.fixture
def session(vault: FakeVault, clock: Clock, seen: list[tuple[str, float | None]]) -> VaultSession:
    def observe(err: BackendError | None, left_s: float | None) -> None:
        seen.append((type(err).__name__, left_s))

    return VaultSession(Connection(vault), vault.log_in, observe, clock)  # type: ignore[arg-type]


class Connection:
    """`auth.token` is the fake itself; `token` is what the session set last."""

    def __init__(self, vault: FakeVault) -> None:
        self._vault = vault
        self.client = vault

    async def run(self, call: Callable[[Any], Any]) -> Any:
        return await self._vault.run(lambda vault: call(View(vault)))

    run_apart = run


class View:
    """hvac's client as calls see it."""

    def __init__(self, vault: FakeVault) -> None:
        self.auth = self
        self.token = vault
        self.vault = vault


def read(client: Any) -> str:
    answer: str = client.vault.read()
    return answer


async def test_the_first_call_logs_in(session: VaultSession, vault: FakeVault) -> None:
    assert await session.call(read) == "read"
    assert await session.call(read) == "read"
    assert vault.logins == 1
    assert session.left_s == 60.0


async def test_many_first_calls_log_in_once(session: VaultSession, vault: FakeVault) -> None:
    await asyncio.gather(*(session.call(read) for _ in range(20)))

    assert vault.logins == 1


async def test_a_revoked_token_is_replaced_and_the_call_made_again(
    session: VaultSession, vault: FakeVault
) -> None:
    await session.call(read)
    vault.valid = "another"

    assert await asyncio.gather(*(session.call(read) for _ in range(10))) == ["read"] * 10
    assert vault.logins == 2


async def test_a_refusal_of_what_was_asked_is_passed_on_without_a_login(
    session: VaultSession, vault: FakeVault
) -> None:
    def forbidden(_client: Any) -> None:
        raise DeniedError("no right")

    with pytest.raises(DeniedError, match="no right"):
        await session.call(forbidden)
    assert vault.logins == 1


async def test_a_call_whose_token_is_replaced_while_it_is_refused_is_made_again(
    session: VaultSession, vault: FakeVault
) -> None:
    await session.call(read)
    answers = ["refused", "read"]

    def revoked_and_renewed_at_once(client: Any) -> str:
        answer = answers.pop(0)
        if answer == "refused":
            session._take(vault.log_in(client))
            raise DeniedError("Vault answered 403: invalid token")
        return answer

    assert await session.call(revoked_and_renewed_at_once) == "read"
    assert vault.logins == 2


async def test_a_token_that_has_ended_is_not_used(
    session: VaultSession, vault: FakeVault, clock: Clock
) -> None:
    await session.call(read)
    clock.now_s = 61.0
    assert session.left_s == 0

    await session.call(read)

    assert vault.logins == 2


async def test_a_renewal_for_less_than_half_of_the_time_is_a_new_login(
    session: VaultSession, vault: FakeVault
) -> None:
    await session.refresh()
    vault.renewed_s = [60.0, 31.0, 29.0]

    assert [await session.refresh() for _ in range(3)] == [60.0, 31.0, 60.0]
    assert vault.logins == 2


async def test_a_refused_renewal_is_a_new_login(session: VaultSession, vault: FakeVault) -> None:
    await session.refresh()
    vault.valid = "another"

    await session.refresh()

    assert vault.logins == 2


async def test_a_vault_that_is_away_is_told_and_back_at_the_next_call(
    session: VaultSession, vault: FakeVault, seen: list[tuple[str, float | None]]
) -> None:
    vault.down = True
    with pytest.raises(UnreachableError):
        await session.call(read)
    with pytest.raises(UnreachableError):
        await session.refresh()
    vault.down = False

    assert await session.call(read) == "read"
    assert [name for name, _ in seen] == ["UnreachableError", "UnreachableError", "NoneType"]


@pytest.mark.parametrize("refusal", [RejectedError("invalid secret id"), NotFoundError("no role")])
async def test_a_refused_login_is_told_as_one_whatever_its_status(
    session: VaultSession,
    vault: FakeVault,
    seen: list[tuple[str, float | None]],
    refusal: BackendError,
) -> None:
    def refused(_client: Any) -> Lease:
        raise refusal

    session._login = refused

    with pytest.raises(DeniedError, match=f"no login to Vault: {refusal}"):
        await session.call(read)
    assert seen == [("DeniedError", None)]


def test_a_lease_shows_no_token() -> None:
    assert "hvs.secret" not in repr(Lease("hvs.secret", 1, renewable=True))
