from collections.abc import AsyncIterator

import httpx
import pytest
import respx

from faas_nomad.clients.errors import DeniedError, RejectedError
from faas_nomad.clients.http import Backend
from faas_nomad.clients.nomad_events import open_event_stream
from faas_nomad.clients.tokens import FixedToken

ADDRESS = "http://127.0.0.1:4646"


@pytest.fixture
async def backend() -> AsyncIterator[Backend]:
    async with httpx.AsyncClient(base_url=ADDRESS) as client:
        yield Backend("Nomad", client, FixedToken(""), token_header="X-Nomad-Token", timeout_s=1.0)


@pytest.mark.parametrize(
    ("status", "text", "error"),
    [
        (403, "Permission denied", DeniedError),
        (500, "Permission denied", DeniedError),
        (500, "No leader", RejectedError),
    ],
)
@respx.mock
async def test_an_event_stream_that_is_not_allowed_is_told_from_one_that_fails(
    backend: Backend, status: int, text: str, error: type[Exception]
) -> None:
    respx.get(f"{ADDRESS}/v1/event/stream").respond(status, text=text)

    with pytest.raises(error, match=text):
        async with open_event_stream(backend, "default"):
            pass
