"""The stand-in inside a running program, and what its node does over the network."""

import hashlib
import http.server
import threading
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from faas_nomad.embedded.node.artifacts import ArtifactError, fetch_artifact
from faas_nomad.embedded.server import EmbeddedServer, node_facts, serve_embedded
from support.nomad_cluster import eventually
from support.nomad_job_specs import web_job


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EmbeddedServer]:
    async with serve_embedded("127.0.0.1", 0, tmp_path) as served:
        yield served


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "run.sh").write_text("#!/bin/sh\necho fetched; exec sleep 600\n")
    handler = partial(QuietFiles, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as files:
        thread = threading.Thread(target=files.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{files.server_port}"
        files.shutdown()
        thread.join()


class QuietFiles(http.server.SimpleHTTPRequestHandler):
    """A file server that writes no log."""

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing."""


async def logged(client: httpx.AsyncClient, wanted: str) -> str:
    async def probe() -> str:
        for alloc in (await client.get("/v1/allocations")).json():
            params = {"task": "fn", "type": "stdout", "plain": "true"}
            reply = await client.get(f"/v1/client/fs/logs/{alloc['ID']}", params=params)
            if reply.is_success and wanted in reply.text:
                return reply.text
        return ""

    return str(await eventually(probe, f"{wanted} is logged"))


async def test_it_serves_at_once_and_ends_with_its_block(tmp_path: Path) -> None:
    async with serve_embedded("127.0.0.1", 0, tmp_path) as served:
        async with httpx.AsyncClient(base_url=served.address) as client:
            assert (await client.get("/v1/status/leader")).is_success
        address = served.address

    async with httpx.AsyncClient(base_url=address) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("/v1/status/leader")


async def test_an_open_stream_does_not_hold_the_end_up(tmp_path: Path) -> None:
    async with (
        httpx.AsyncClient(timeout=5) as client,
        serve_embedded("127.0.0.1", 0, tmp_path) as served,
        client.stream("GET", f"{served.address}/v1/event/stream") as reply,
    ):
        lines = reply.aiter_lines()
        assert await anext(lines) == "{}"


async def test_another_host_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="loopback addresses only"):
        async with serve_embedded("0.0.0.0", 0, tmp_path):
            raise AssertionError("served")


async def test_an_artifact_is_run(server: EmbeddedServer, site: str) -> None:
    artifact = {"GetterSource": f"{site}/run.sh", "RelativeDest": "local/"}
    job = web_job("x", Artifacts=[artifact], Config={"command": "local/run.sh"})
    async with httpx.AsyncClient(base_url=server.address) as client:
        (await client.post("/v1/jobs", json={"Job": job})).raise_for_status()

        assert await logged(client, "fetched") == "fetched\n"


async def test_a_download_is_checked(tmp_path: Path, site: str) -> None:
    content = b"#!/bin/sh\necho fetched; exec sleep 600\n"
    good = f"sha256:{hashlib.sha256(content).hexdigest()}"
    source = {"GetterSource": f"{site}/run.sh", "GetterMode": "file"}
    target = tmp_path / "out" / "run"

    await fetch_artifact({**source, "GetterOptions": {"checksum": good}}, target)
    with pytest.raises(ArtifactError, match="bad response code: 404"):
        await fetch_artifact({**source, "GetterSource": f"{site}/none"}, target)
    with pytest.raises(ArtifactError, match="did not match"):
        await fetch_artifact({**source, "GetterOptions": {"checksum": "md5:00"}}, target)


def test_the_node_is_this_machine() -> None:
    facts = node_facts("127.0.0.1")

    assert facts.attributes["attr.kernel.name"] in ("linux", "darwin")
    assert int(facts.attributes["attr.cpu.totalcompute"]) > 0
    assert facts.drivers == {"raw_exec", "mock_driver"}
