"""The value of a query, and answers that are none."""

import httpx
import pytest

from faas_nomad.clients.errors import BackendError, UnexpectedReplyError
from faas_nomad.clients.http import Backend
from faas_nomad.clients.prometheus import Prometheus
from faas_nomad.clients.tokens import FixedToken


def prometheus(answer: httpx.Response) -> Prometheus:
    client = httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _request: answer), base_url="http://prometheus"
    )
    backend = Backend("Prometheus", client, FixedToken(), token_header="A", timeout_s=0.3)
    return Prometheus(backend)


def vector(*values: str) -> httpx.Response:
    result = [{"metric": {}, "value": [1.0, value]} for value in values]
    return httpx.Response(200, json={"data": {"resultType": "vector", "result": result}})


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("4.5",), 4.5),
        (("1", "2"), 3.0),
        ((), None),
        (("NaN", "2"), 2.0),
        (("NaN",), None),
        (("1e308", "1e308"), None),
    ],
)
async def test_a_query_s_value_is_the_sum_of_what_it_yields(
    values: tuple[str, ...], expected: float | None
) -> None:
    assert await prometheus(vector(*values)).value("x") == expected


@pytest.mark.parametrize(
    "body",
    [
        *("x", "[]", "{}", '{"data":{"result":[{"value":[1]}]}}'),
        '{"data":{"result":[{"value":[1,' + "9" * 400 + "]}]}}",
    ],
)
async def test_an_answer_that_is_no_vector_is_told(body: str) -> None:
    with pytest.raises(UnexpectedReplyError):
        await prometheus(httpx.Response(200, text=body)).value("x")


async def test_a_refused_query_is_a_back_end_s_error() -> None:
    with pytest.raises(BackendError, match="parse error"):
        await prometheus(httpx.Response(400, text="parse error")).value("x")
