"""Whatever Vault answers, what comes of it is told as an error of ours."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from faas_nomad.clients.errors import BackendError
from faas_nomad.clients.vault import VaultConnection, VaultTarget
from faas_nomad.clients.vault_kv import VaultKv
from faas_nomad.clients.vault_login import Lease, TokenLogin
from faas_nomad.clients.vault_session import VaultSession

DEEP = "[" * 100_000 + "]" * 100_000
ODD = [
    *("", "x", "NaN", "null", "[]", "{}", '"x"', DEEP, '{"data": null}', '{"data": [1]}'),
    *('{"auth": null}', '{"auth": {"lease_duration": "x", "renewable": 1}}', '{"data": "x"}'),
    *('{"data": {"keys": 5}}', '{"data": {"keys": [5]}}', '{"data": {"data": 5}}'),
    *('{"data": {"current_version": "x"}}', '{"data": {"current_version": [1]}}'),
    *('{"data": {"type": "kv", "path": 5, "options": 5}}', '{"data": {"ttl": {}}}'),
    '{"data": {"type": "kv", "path": 5, "options": {"version": "x"}}}',
]


class Says(HTTPAdapter):
    """Answers every request with the same."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        response = requests.Response()
        response.status_code, response._content = 200, self.text.encode()
        response.request, response.url = request, str(request.url)
        return response


def has_token(_client: object) -> Lease:
    return Lease("t", 60.0, renewable=True)


@pytest.fixture
async def connection() -> AsyncIterator[VaultConnection]:
    made = VaultConnection(VaultTarget("http://vault"))
    yield made
    made.close()


CALLS: list[Callable[[VaultKv], Awaitable[object]]] = [
    lambda kv: kv.names("a"),
    lambda kv: kv.find("a"),
    lambda kv: kv.create("a", {"value": "x"}),
    lambda kv: kv.write("a", {"value": "x"}),
    lambda kv: kv.delete("a"),
]


@pytest.mark.parametrize("version", [0, 1, 2])
@pytest.mark.parametrize("text", ODD)
async def test_an_odd_answer_is_an_error_of_ours_or_none(
    connection: VaultConnection, text: str, version: int
) -> None:
    connection.client.session.mount("http://", Says(text))

    for call in CALLS:
        kv = VaultKv(VaultSession(connection, has_token), "kv/functions", version)
        with suppress(BackendError):
            await call(kv)


@pytest.mark.parametrize("text", ODD)
async def test_an_odd_answer_about_the_token_is_an_error_of_ours(
    connection: VaultConnection, text: str
) -> None:
    connection.client.session.mount("http://", Says(text))
    renewing = VaultSession(connection, has_token)
    await renewing.refresh()

    for session in (VaultSession(connection, TokenLogin("t")), renewing):
        with pytest.raises(BackendError):
            await session.refresh()
