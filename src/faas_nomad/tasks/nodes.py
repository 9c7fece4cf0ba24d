"""Keeps the nodes' datacenters known, where requests are to stay in one, for ever.

A node is there before anything is placed on it, so a replica's datacenter is known in time.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Never

import structlog

from faas_nomad.clients.errors import BackendError, expected
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.state.functions import Functions

log = structlog.get_logger()

LEAST_PAUSE_S = 0.5
FAILED_PAUSE_S = 5.0


async def follow_nodes(
    nomad: NomadClient,
    functions: Functions,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Never:
    """Follow Nomad's nodes; while they cannot be read, the last known stand."""
    index, failure = 0, ""
    while True:
        pause_s = LEAST_PAUSE_S
        try:
            nodes = await nomad.watch_nodes(index)
            with expected("what Nomad tells of nodes"):
                functions.learn_nodes(nodes.items)
            index = nodes.raft_index if nodes.raft_index >= index else 0
            failure = ""
        except BackendError as err:
            index, pause_s = 0, FAILED_PAUSE_S
            if str(err) != failure:
                failure = str(err)
                log.warning("nodes cannot be read, datacenters may be unknown", reason=failure)
        await sleep(pause_s)
