"""The control plane behind a Unix socket: uvicorn, reached through the data path alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from faas_nomad.api.app import control_plane
from faas_nomad.api.services import Services

STOP_WITHIN_S = 5
"""The data path has drained by then: nobody waits for an answer any more."""


@asynccontextmanager
async def control_server(services: Services, socket: str) -> "AsyncIterator[asyncio.Future[Any]]":
    """Answer at `socket` while the block runs; what is given ends early only if uvicorn does."""
    config = uvicorn.Config(
        control_plane(services),
        uds=socket,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        http="httptools",
        ws="none",
        timeout_keep_alive=75,
        timeout_graceful_shutdown=STOP_WITHIN_S,
    )
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server.serve())
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event
        await asyncio.sleep(0.005)
    try:
        yield serving
    finally:
        server.should_exit = True
        await asyncio.gather(serving, return_exceptions=True)
