"""hvac's errors as this project's, in one line and without what was sent."""

import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from hvac import exceptions
from requests.adapters import HTTPAdapter

from faas_nomad.clients import vault
from faas_nomad.clients.errors import (
    BackendError,
    DeniedError,
    NotFoundError,
    RejectedError,
    UnexpectedReplyError,
    UnreachableError,
)
from faas_nomad.clients.vault import VaultConnection, VaultTarget, error_of
from faas_nomad.clients.vault_kv import VaultKv
from faas_nomad.clients.vault_login import Lease
from faas_nomad.clients.vault_session import VaultSession
from faas_nomad.settings.load import load_settings
from faas_nomad.wiring.vault import vault_target


@pytest.mark.parametrize(
    ("raised", "ours"),
    [
        (exceptions.VaultDown("Vault is sealed"), UnreachableError),
        (exceptions.InternalServerError("node not active"), UnreachableError),
        (exceptions.BadGateway("x"), UnreachableError),
        (exceptions.RateLimitExceeded("x"), UnreachableError),
        (exceptions.InvalidPath("x"), NotFoundError),
        (exceptions.Forbidden("permission denied"), DeniedError),
        (exceptions.Unauthorized("x"), DeniedError),
        (exceptions.InvalidRequest("check-and-set parameter"), RejectedError),
        (exceptions.UnexpectedError("x"), RejectedError),
    ],
)
def test_each_error_of_hvac_is_one_of_ours(
    raised: exceptions.VaultError, ours: type[BackendError]
) -> None:
    assert type(error_of(raised)) is ours


def test_an_error_s_text_is_one_line_of_vault_s_reasons() -> None:
    err = exceptions.InvalidRequest("text", errors=["1 error occurred:\n\t* permission\x00denied"])

    assert str(error_of(err)) == "Vault refused: 1 error occurred: * permission?denied"


async def test_every_call_names_the_vault_namespace_of_the_settings() -> None:
    loaded = load_settings({}, {"VAULT_ADDR": "http://v", "VAULT_NAMESPACE": "team/a"}, no_file)
    connection = VaultConnection(vault_target(loaded.settings.vault))
    seen: list[str] = []

    class Line(HTTPAdapter):
        def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> Any:
            seen.append(str(request.headers["X-Vault-Namespace"]))
            raise requests.ConnectionError

    connection.client.session.mount("http://", Line())
    try:
        with pytest.raises(UnreachableError):
            await connection.run(lambda client: client.read("secret/a"))
    finally:
        connection.close()

    assert seen == ["team/a"]


def no_file(path: Path) -> str:
    raise OSError(path)


async def test_what_goes_wrong_in_a_thread_comes_out_as_ours() -> None:
    connection = VaultConnection(VaultTarget("http://127.0.0.1:1"))

    def breaks(err: Exception) -> object:
        raise err

    try:
        for raised, ours in (
            (requests.ConnectionError("http://v/?token=x"), UnreachableError),
            (requests.Timeout("x"), UnreachableError),
            (KeyError("auth"), UnexpectedReplyError),
        ):
            with pytest.raises(ours) as caught:
                await connection.run(lambda _client, raised=raised: breaks(raised))  # type: ignore[misc]
            assert "token" not in str(caught.value)
    finally:
        connection.close()


async def test_an_answer_that_never_ends_is_given_up_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(vault, "CONNECT_WITHIN_S", 0.01)
    connection, over = VaultConnection(VaultTarget("http://v", timeout_s=0.01)), threading.Event()
    try:
        with pytest.raises(UnreachableError, match="Vault did not answer within"):
            await connection.run(lambda _client: over.wait(30))
    finally:
        over.set()
        connection.close()


async def test_a_token_of_the_environment_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_TOKEN", "somebody-else-s")
    connection = VaultConnection(VaultTarget("http://127.0.0.1:1"))

    assert await connection.run(lambda client: client.token) == ""
    connection.close()


class Answers(HTTPAdapter):
    """Answers every request alike."""

    def __init__(self, status: int, body: bytes = b"", **fields: str) -> None:
        super().__init__()
        self.status, self.body, self.fields = status, body, fields

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        response = requests.Response()
        response.status_code, response.request, response.url = self.status, request, "http://v"
        response.headers.update(self.fields)
        response._content = self.body
        return response


ANSWERS = [
    (
        Answers(307, Location="https://u:p@10.0.0.2:8200/v1/kv?x=s"),
        "Vault answered 307: it sends us to https://10.0.0.2:8200; "
        "vault_addr has to be a server that answers itself",
    ),
    (Answers(302), "Vault answered 302: it sends us elsewhere"),
    (Answers(412, b'{"errors":["x"]}'), "Vault is not able to answer: 412"),
    (Answers(504, b"<html>"), "Vault is not able to answer: 504"),
    (Answers(200, b"<html>"), "the answer is no JSON object: is vault_addr that of Vault?"),
    (Answers(200, b"[]"), "the answer is no JSON object: is vault_addr that of Vault?"),
    (Answers(200, b'{"data":0,"auth":0}'), "Vault's answer lacks what it should have"),
]
Call = Callable[[VaultKv], Awaitable[object]]
WRITES: dict[str, Call] = {
    "write": lambda kv: kv.write("a", {"value": "x"}),
    "delete": lambda kv: kv.delete("a"),
}
READS: dict[str, Call] = {
    "find": lambda kv: kv.find("a"),
    "names": lambda kv: kv.names("a"),
    "place": lambda kv: VaultKv(kv._session, "secret").place(),
    "renew": lambda kv: kv._session.refresh(),
}


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(("answers", "text"), ANSWERS)
async def test_an_answer_that_is_none_of_vault_s_is_never_taken_for_success(
    version: int, answers: Answers, text: str
) -> None:
    connection = VaultConnection(VaultTarget("http://v"))
    session = VaultSession(connection, lambda _client: Lease("t", 60, renewable=True))
    kv = VaultKv(session, "secret/openfaas", version)
    await session.refresh()
    connection.client.session.mount("http://", answers)
    calls = READS if text.startswith("Vault's answer") else {**READS, **WRITES}
    try:
        said = {name: await _failure_of(call(kv)) for name, call in calls.items()}
    finally:
        connection.close()

    assert said == dict.fromkeys(calls, text)


async def _failure_of(call: Awaitable[object]) -> str:
    with pytest.raises((UnreachableError, UnexpectedReplyError)) as failed:
        await call
    return str(failed.value)
