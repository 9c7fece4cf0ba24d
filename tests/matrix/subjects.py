"""The proxies of the matrix: ours within this process, the others as programs of their own."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

from bench.about import haproxy_version, sdk_version
from bench.contenders import Care, contender
from matrix.case import ANSWER_TIME_S, HEAD_TIME_S
from proxy.conftest import LIMITS, running_proxy

PEERS = ("sdk", "haproxy")
CARE = Care(head_s=HEAD_TIME_S, answer_s=ANSWER_TIME_S, retries=True)


class Ours:
    """The data path."""

    @asynccontextmanager
    async def serving(self, ports: Sequence[int]) -> AsyncIterator[int]:
        """Run it until the block ends."""
        limits = replace(LIMITS, head_time_s=HEAD_TIME_S, exchange_time_s=ANSWER_TIME_S)
        with tempfile.TemporaryDirectory(prefix="dp-") as folder:
            async with running_proxy(str(Path(folder) / "c.sock"), limits) as proxy:
                proxy.publish(*ports)
                yield proxy.port


class Peer:
    """Another proxy, as the benchmark starts it."""

    def __init__(self, name: str, binaries: Path) -> None:
        self._name = name
        self._binaries = binaries

    @asynccontextmanager
    async def serving(self, ports: Sequence[int]) -> AsyncIterator[int]:
        """Run it until the block ends. Raises: UnavailableError."""
        functions = [f"127.0.0.1:{port}" for port in ports]
        with ExitStack() as stack:
            running = await asyncio.to_thread(
                stack.enter_context,
                contender(self._name, functions, self._binaries, [], CARE),
            )
            yield running.port


def versions() -> dict[str, str]:
    """Return what the peers are here."""
    return {"sdk": sdk_version(), "haproxy": haproxy_version()}
