"""Where Vault is, as a Nomad agent describes itself."""

from typing import Any

import pytest
import respx

from faas_nomad.clients.connections import open_client
from faas_nomad.clients.errors import DeniedError, UnexpectedReplyError, UnreachableError
from faas_nomad.clients.http import Backend
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.clients.tls import TlsFiles
from faas_nomad.clients.tokens import FixedToken
from faas_nomad.clients.vault_address import DEFAULT_ADDRESS, address_in, known_to


def vault(address: str, name: str = "default", *, is_used: bool = True) -> dict[str, Any]:
    return {"Name": name, "Addr": address, "Enabled": is_used}


@pytest.mark.parametrize(
    ("config", "address"),
    [
        ({"Vaults": [vault("https://v:8200/")]}, "https://v:8200"),
        ({"Vaults": [vault("http://b", "b"), vault("http://a")]}, "http://a"),
        ({"Vaults": [vault("http://b", "b")]}, "http://b"),
        ({"Vault": {"Addr": "http://old", "Enabled": True}}, "http://old"),
        ({"Vaults": [vault("http://v", is_used=False)]}, ""),
        ({"Vaults": None, "Vault": None}, ""),
        ({}, ""),
    ],
)
def test_the_default_cluster_that_is_used_comes_first(config: dict[str, Any], address: str) -> None:
    assert address_in({"config": config}) == address


class Agent:
    """Nomad as far as it is asked here."""

    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        self.answer = answer

    async def read_agent(self) -> dict[str, Any]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    "answer", [{}, {"config": None}, {"config": {"Vaults": "x"}}, {"config": {"Vault": [1]}}]
)
@respx.mock
async def test_an_agent_that_says_what_nobody_expects_is_asked_again(answer: Any) -> None:
    """Not taken for one without Vault: where Vault is, is asked for once."""
    respx.get("http://nomad/v1/agent/self").respond(json=answer)
    client = open_client("http://nomad", TlsFiles(), 1)
    nomad = NomadClient(Backend("Nomad", client, FixedToken(), token_header="T", timeout_s=1))

    with pytest.raises(UnexpectedReplyError):
        await known_to(nomad)()


@pytest.mark.parametrize("answer", [{"config": {}}, DeniedError("no right")])
async def test_an_agent_that_does_not_say_leaves_vault_s_own_default(
    answer: dict[str, Any] | Exception,
) -> None:
    assert await known_to(Agent(answer))() == DEFAULT_ADDRESS  # type: ignore[arg-type]


async def test_a_nomad_that_is_away_is_asked_again_by_the_next_call() -> None:
    agent = Agent(UnreachableError("away"))
    find = known_to(agent)  # type: ignore[arg-type]
    with pytest.raises(UnreachableError):
        await find()
    agent.answer = {"config": {"Vaults": [vault("http://v")]}}

    assert await find() == "http://v"
