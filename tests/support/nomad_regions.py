"""Two federated regions of Nomad, an agent each; the second can be held and let go on."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from support.nomad_agent import NomadAgent, run_nomad_agent
from support.nomad_binary import require_nomad
from support.waiting import wait_until

JOINED_WITHIN_S = 20.0
EAST, WEST = "east", "west"
_CONFIG = """
region = "{region}"
server {{ authoritative_region = "{east}" }}
"""


@dataclass(frozen=True)
class Federation:
    """Both agents; a service asks the east one."""

    east: NomadAgent
    west: NomadAgent

    def hold_west(self) -> None:
        """Let the west's agent do nothing, while its tasks go on: it is away, without a word."""
        os.kill(self.west.pid, signal.SIGSTOP)

    def let_west_go_on(self) -> None:
        os.kill(self.west.pid, signal.SIGCONT)

    def jobs(self, region: str) -> list[str]:
        """Return the jobs of a region, as its own agent has them."""
        agent = self.east if region == EAST else self.west
        return [job["ID"] for job in httpx.get(f"{agent.address}/v1/jobs", timeout=5).json()]


@contextmanager
def run_federation(folder: Path) -> Iterator[Federation]:
    """Run both until the block ends."""
    with ExitStack() as stack:
        agents = [
            stack.enter_context(
                run_nomad_agent(
                    require_nomad(),
                    folder / region,
                    more_config=_CONFIG.format(region=region, east=EAST),
                )
            )
            for region in (EAST, WEST)
        ]
        federation = Federation(*agents)
        stack.callback(federation.let_west_go_on)
        _join(federation)
        yield federation


def _join(federation: Federation) -> None:
    own = httpx.get(f"{federation.east.address}/v1/agent/self", timeout=5).json()
    address = f"127.0.0.1:{own['config']['Ports']['Serf']}"
    joined = httpx.put(
        f"{federation.west.address}/v1/agent/join", params={"address": address}, timeout=10
    )
    assert joined.json()["num_joined"] == 1, joined.text

    def sees_both() -> bool:
        regions = httpx.get(f"{federation.east.address}/v1/regions", timeout=5).json()
        leader = httpx.get(
            f"{federation.east.address}/v1/status/leader", params={"region": WEST}, timeout=5
        )
        return set(regions) == {EAST, WEST} and leader.is_success

    wait_until(sees_both, "the regions are federated", JOINED_WITHIN_S)
