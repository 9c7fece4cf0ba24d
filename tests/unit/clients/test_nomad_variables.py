"""Variables over HTTP: check-and-set, broken connections, and no value in any error."""

import json
from collections.abc import Callable

import httpx
import pytest

from faas_nomad.clients.errors import (
    ConflictError,
    DeniedError,
    InterruptedCallError,
    UnexpectedReplyError,
)
from faas_nomad.clients.http import Backend
from faas_nomad.clients.nomad_variables import NomadVariables, Variable
from faas_nomad.clients.tokens import FixedToken

SECRET = "czNjcmV0LXZhbHVl"
Answer = Callable[[httpx.Request], httpx.Response]


def variables(answer: Answer) -> NomadVariables:
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://nomad")
    backend = Backend("Nomad", client, FixedToken(), token_header="X-Nomad-Token", timeout_s=0.3)
    return NomadVariables(backend, region="eu")


def stored(items: dict[str, str], index: int) -> httpx.Response:
    return httpx.Response(200, json={"Items": items, "ModifyIndex": index})


async def test_a_variable_is_asked_for_in_its_namespace_and_region() -> None:
    asked: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return stored({"value": SECRET}, 7)

    found = await variables(answer).find("of-a", "openfaas/secrets/a~b")

    assert (found.items, found.modify_index) == ({"value": SECRET}, 7)
    assert asked[0].raw_path == b"/v1/var/openfaas/secrets/a~b?region=eu&namespace=of-a"


async def test_a_missing_variable_has_no_items_and_the_index_0() -> None:
    found = await variables(lambda _r: httpx.Response(404, text="variable not found")).find(
        "a", "b"
    )

    assert found == Variable({}, 0)


async def test_a_list_has_no_items() -> None:
    stub = {"Namespace": "a", "Path": "p", "ModifyIndex": 3, "ModifyTime": 9, "CreateIndex": 1}

    [found] = await variables(lambda _r: httpx.Response(200, json=[stub])).list("p", "a")

    assert (found.namespace, found.path, found.modify_index, found.modify_time_ns) == (
        "a",
        "p",
        3,
        9,
    )


async def test_nomads_null_is_an_empty_list() -> None:
    assert await variables(lambda _r: httpx.Response(200, text="null")).list("p") == []


@pytest.mark.parametrize("body", ['{"Items": {}}', "[]", "7", "null"])
async def test_an_answer_of_another_shape_is_told_as_such(body: str) -> None:
    asked = variables(lambda _r: httpx.Response(200, text=body))

    with pytest.raises(UnexpectedReplyError):
        await asked.find("a", "p")


async def test_a_write_names_the_index_it_expects() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return stored({}, 8)

    await variables(answer).put("a", "p/q", {"k": "v"}, expected_index=7)

    assert asked[0].url.params["cas"] == "7"
    assert json.loads(asked[0].content) == {"Namespace": "a", "Path": "p/q", "Items": {"k": "v"}}


async def test_a_lost_check_and_set_tells_nothing_of_the_variable() -> None:
    """Nomad answers it with the variable, items and all, and no content type."""
    body = json.dumps({"Items": {"value": SECRET}, "ModifyIndex": 9, "Path": "p"})

    with pytest.raises(ConflictError) as caught:
        await variables(lambda _r: httpx.Response(409, text=body)).put(
            "a", "p", {"k": "v"}, expected_index=7
        )

    assert SECRET not in str(caught.value)


async def test_a_refusal_says_why() -> None:
    with pytest.raises(DeniedError, match="Permission denied"):
        await variables(lambda _r: httpx.Response(403, text="Permission denied")).list("p")


@pytest.mark.parametrize("arrived", [True, False])
async def test_after_a_broken_connection_the_variable_tells_whether_it_was_written(
    arrived: bool,
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            raise httpx.ReadError("broken")
        return stored({"k": "new" if arrived else "old"}, 8)

    writing = variables(answer).put("a", "p", {"k": "new"}, expected_index=7)

    if arrived:
        await writing
    else:
        with pytest.raises(InterruptedCallError):
            await writing


@pytest.mark.parametrize("arrived", [True, False])
async def test_after_a_broken_connection_the_variable_tells_whether_it_was_removed(
    arrived: bool,
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE":
            raise httpx.ReadError("broken")
        return httpx.Response(404) if arrived else stored({"k": "v"}, 7)

    removing = variables(answer).delete("a", "p", expected_index=7)

    if arrived:
        await removing
    else:
        with pytest.raises(InterruptedCallError):
            await removing


def test_a_variable_shows_none_of_its_items() -> None:
    assert SECRET not in repr(Variable({"value": SECRET}, 7))
