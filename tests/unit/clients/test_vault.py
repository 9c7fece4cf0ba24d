"""hvac's errors as this project's, in one line and without what was sent."""

import pytest
import requests
from hvac import exceptions

from faas_nomad.clients.errors import (
    BackendError,
    DeniedError,
    NotFoundError,
    RejectedError,
    UnexpectedReplyError,
    UnreachableError,
)
from faas_nomad.clients.vault import VaultConnection, VaultTarget, error_of


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
