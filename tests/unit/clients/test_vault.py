"""hvac's errors as this project's, in one line and without what was sent."""

from pathlib import Path
from typing import Any

import pytest
import requests
from hvac import exceptions
from requests.adapters import HTTPAdapter

from faas_nomad.clients.errors import (
    BackendError,
    DeniedError,
    NotFoundError,
    RejectedError,
    UnexpectedReplyError,
    UnreachableError,
)
from faas_nomad.clients.vault import VaultConnection, VaultTarget, error_of
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


async def test_a_token_of_the_environment_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_TOKEN", "somebody-else-s")
    connection = VaultConnection(VaultTarget("http://127.0.0.1:1"))

    assert await connection.run(lambda client: client.token) == ""
    connection.close()
