from collections.abc import AsyncIterator

import httpx
import pytest
import respx

from faas_nomad.clients.errors import InterruptedCallError, UnexpectedReplyError
from faas_nomad.clients.http import Backend
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.clients.tokens import FixedToken

ADDRESS = "http://127.0.0.1:4646"


@pytest.fixture
async def backend() -> AsyncIterator[Backend]:
    async with httpx.AsyncClient(base_url=ADDRESS) as client:
        yield Backend("Nomad", client, FixedToken(""), token_header="X-Nomad-Token", timeout_s=1.0)


@respx.mock
async def test_a_nomad_without_statuses_is_told_to_be_too_old(backend: Backend) -> None:
    respx.get(f"{ADDRESS}/v1/jobs/statuses").respond(404)

    with pytest.raises(UnexpectedReplyError, match=r"1\.8\.2 or later is needed"):
        await NomadClient(backend).list_statuses("openfaas-")


@respx.mock
async def test_a_removal_whose_answer_was_lost_is_not_sent_again_unseen(backend: Backend) -> None:
    """The second answer would be that there is no such job."""
    answers: list[httpx.Response | Exception] = [
        httpx.ReadError("broke"),
        httpx.Response(200, json={"EvalID": ""}),
    ]
    respx.delete(f"{ADDRESS}/v1/job/openfaas-a").mock(side_effect=answers)

    with pytest.raises(InterruptedCallError):
        await NomadClient(backend).deregister_job("openfaas-a", "default", purge=True)
