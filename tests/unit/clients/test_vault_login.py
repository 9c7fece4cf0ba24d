"""Credentials for Vault, kept in files or wrapped, and what a login is kept apart from."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from faas_nomad.clients.errors import DeniedError, RejectedError
from faas_nomad.clients.vault import VaultConnection, VaultTarget
from faas_nomad.clients.vault_login import AppRoleLogin, TokenLogin, read_file
from faas_nomad.clients.vault_session import VaultSession


def test_white_space_around_a_credential_is_no_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "id").write_bytes(b" \tabc\r\n\n")

    assert read_file(str(tmp_path / "id")) == "abc"


@pytest.mark.parametrize("content", [None, b"s3cret\nb", b"\xef\xbb\xbfs3cret", b"s3cret" * 9_000])
def test_a_file_without_one_is_named_and_not_quoted(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "id").write_bytes(content)

    with pytest.raises(RejectedError) as refused:
        read_file(str(tmp_path / "id"))

    assert f"the file {tmp_path / 'id'} for Vault's login cannot be read: " in str(refused.value)
    assert "s3cret" not in str(refused.value)
    assert str(refused.value).isprintable()


class Vault(HTTPAdapter):
    """Answers whom it knows; `asked` has the path and the token of every request."""

    def __init__(self, *known: str) -> None:
        super().__init__()
        self.known = set(known)
        self.asked: list[tuple[str, str]] = []
        self.others: list[str] = []
        """The token that other calls would have sent meanwhile."""
        self.connection = VaultConnection(VaultTarget("http://v"))
        self.connection.client.session.mount("http://", self)

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        token = str(request.headers.get("X-Vault-Token", ""))
        self.asked.append((request.path_url, token))
        self.others.append(self.connection.client.token)
        response = requests.Response()
        response.request, response.url = request, str(request.url)
        response.status_code = 200 if not token or token in self.known else 403
        auth = {"client_token": "of-role", "lease_duration": 60, "renewable": False}
        data = {"ttl": 60, "renewable": False, "secret_id": "s"}
        response._content = json.dumps({"data": data, "auth": auth}).encode()
        return response


@pytest.fixture
def vault() -> Iterator[Vault]:
    found = Vault("good", "wrapping", "of-role")
    yield found
    found.connection.close()


async def test_a_login_that_fails_leaves_the_present_token_in_use(
    tmp_path: Path, vault: Vault
) -> None:
    (tmp_path / "token").write_text("good")
    session = VaultSession(vault.connection, TokenLogin(file=str(tmp_path / "token")))
    await session.refresh()
    (tmp_path / "token").write_text("bad")
    with pytest.raises(DeniedError):
        await session.refresh()
    vault.asked.clear()

    await session.call(lambda client: client.read("secret/a"))

    assert vault.asked == [("/v1/secret/a", "good")]


async def test_a_wrapping_token_which_any_use_spends_is_sent_to_be_opened_alone(
    vault: Vault,
) -> None:
    session = VaultSession(vault.connection, AppRoleLogin("r", "wrapping", wrapped=True))

    await session.refresh()
    await session.refresh()

    assert [path for path, token in vault.asked if token == "wrapping"] == [
        "/v1/sys/wrapping/unwrap"
    ]
    assert vault.others == ["", "", "of-role"]
