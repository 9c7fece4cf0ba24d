"""What the runners of one node share."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from faas_nomad.embedded.constraints import NodeFacts
from faas_nomad.embedded.node.drivers import Driver


@dataclass(frozen=True, slots=True)
class NodeServices:
    """The node's facts, drivers and clock, and its way to variables."""

    facts: NodeFacts
    data_folder: Path
    drivers: Mapping[str, Driver]
    now_ns: Callable[[], int]
    inherited: Mapping[str, str]
    http: httpx.AsyncClient
    read_variable: Callable[[str, str], Mapping[str, str] | None]
    """Items of a variable by namespace and path; None when there is none."""
    wait_for_change: Callable[[], Awaitable[None]]
    """Return once anything was written."""
