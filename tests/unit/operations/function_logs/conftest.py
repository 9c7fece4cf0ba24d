"""A function whose logs are read."""

from collections.abc import AsyncIterator

import pytest

from faas_nomad.operations.function_logs.bounds import LogBounds
from support.log_world import World


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World(LogBounds(max_readers=3, max_functions=1, buffer_bytes=100_000))
    for alloc_id in ("x", "y"):
        made.outputs.write(alloc_id, b"", "stdout")
        made.outputs.write(alloc_id, b"", "stderr")
    yield made
    await made.open.aclose()
