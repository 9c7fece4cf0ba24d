"""What is known of a region is kept up with Nomad for ever, whatever Nomad answers."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from faas_nomad.clients.http import Backend
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.clients.tokens import FixedToken
from faas_nomad.state.backends import BackendState
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.freshness import Freshness
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.tasks.sync import MAX_PAUSE_S, Sync, SyncSettings
from faas_nomad.translate.names import Names
from support.job_meta import read_service
from support.waiting import until

PAUSES = 7


class Lines(httpx.AsyncByteStream):
    """What a stream of events says; then it stays silent."""

    def __init__(self, lines: list[Any]) -> None:
        self._lines = lines

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for line in self._lines:
            yield line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n"
        await asyncio.Event().wait()


class Site:
    """A Nomad without jobs, whose answers by path can be replaced, and who follows it."""

    def __init__(self) -> None:
        self.answers: dict[str, httpx.Response] = {}
        self.stream: list[Any] = [{}]
        self.asked: list[str] = []
        self.pauses_s: list[float] = []
        self.enough = asyncio.Event()
        self.round_s = 0.0
        """How long a list of jobs takes."""
        self._now_s = 0.0
        transport = httpx.MockTransport(self._answer)
        client = httpx.AsyncClient(transport=transport, base_url="http://nomad")
        backend = Backend("Nomad", client, FixedToken(), token_header="T", timeout_s=0.5)
        self.functions = Functions(
            Picture(read_service),
            RouteTable(is_known=False),
            Names("openfaas-", "openfaas-fn", "default"),
            lambda _job: RoutePolicy(),
        )
        self.state = BackendState("nomad")
        self.sync = Sync(
            NomadClient(backend),
            self.functions,
            self.state,
            SyncSettings(60.0, "openfaas-"),
            Freshness(),
            self._sleep,
            lambda: self._now_s,
        )

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.asked.append(path)
        self._now_s += self.round_s if path == "/v1/jobs" else 0.0
        if path in self.answers:
            return self.answers[path]
        if path == "/v1/event/stream":
            return httpx.Response(200, stream=Lines(self.stream))
        if path == "/v1/namespaces" and "index" in request.url.params:
            await asyncio.Event().wait()
        found: Any = "leader" if path == "/v1/status/leader" else []
        return httpx.Response(200, json=found, headers={"X-Nomad-Index": "10"})

    async def _sleep(self, pause_s: float) -> None:
        self.pauses_s.append(pause_s)
        if len(self.pauses_s) == PAUSES:
            self.enough.set()
            await asyncio.Event().wait()

    async def follow(self, condition: Any, what: str) -> None:
        """Follow until `condition` holds."""
        task = asyncio.ensure_future(self.sync.run())
        try:
            await until(lambda: condition() or task.done(), what)
            assert not task.done(), "it goes on for ever"
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(
    "path", ["/v1/event/stream", "/v1/jobs", "/v1/jobs/statuses", "/v1/allocations"]
)
async def test_what_nomad_refuses_is_asked_for_ever_more_seldom(path: str) -> None:
    site = Site()
    site.answers[path] = httpx.Response(500, text="this cannot be had here")

    await site.follow(site.enough.is_set, "it has tried a few times")

    assert site.pauses_s == [0.25, 0.5, 1.0, 2.0, 4.0, MAX_PAUSE_S, MAX_PAUSE_S]


async def test_after_a_round_that_lasted_it_is_asked_again_at_once() -> None:
    site = Site()
    site.answers["/v1/jobs"] = httpx.Response(500, text="this cannot be had here")
    site.round_s = MAX_PAUSE_S + 1

    await site.follow(site.enough.is_set, "it has tried a few times")

    assert site.pauses_s == [0.25] * PAUSES


@pytest.mark.parametrize(
    "line",
    [
        None,
        [],
        "x",
        {"Events": {"Index": 11}},
        {"Events": [{}]},
        {"Events": [{"Topic": "Job", "Type": "x", "Namespace": "default", "Index": "11"}]},
        b"\xff\n",
        b"[" * 100_000 + b"]" * 100_000 + b"\n",
    ],
)
async def test_a_stream_that_says_what_is_no_event_is_opened_anew(line: Any) -> None:
    site = Site()
    site.stream = [{}, line]

    await site.follow(lambda: site.asked.count("/v1/event/stream") > 1, "it is opened again")

    assert site.state.failures >= 1


@pytest.mark.parametrize("index", ["", "x", "-1", "9" * 30, "\u00b2"])
async def test_a_list_without_an_index_is_read_again(index: str) -> None:
    site = Site()
    headers = [(b"X-Nomad-Index", index.encode())]
    site.answers["/v1/jobs"] = httpx.Response(200, json=[], headers=headers)

    await site.follow(lambda: site.asked.count("/v1/jobs") > 1, "it is read again")

    assert not site.sync.synced.is_set()


@pytest.mark.parametrize(
    "path", ["/v1/namespaces", "/v1/jobs", "/v1/jobs/statuses", "/v1/allocations"]
)
async def test_a_list_of_what_nobody_expects_is_read_again(path: str) -> None:
    site = Site()
    site.answers[path] = httpx.Response(200, json=[{}])

    await site.follow(lambda: site.asked.count(path) > 1, "it is read again")

    assert site.state.failures >= 1
