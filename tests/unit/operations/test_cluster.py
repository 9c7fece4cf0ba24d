"""The watchdog that jobs carry is made when the first job is, once, and beside the event loop."""

import threading

from faas_nomad.operations.cluster import ClusterPolicy
from faas_nomad.translate.policy import EmbeddedWatchdog, JobPolicy
from support.memory_nomad import MemoryNomad


async def test_the_watchdog_is_made_for_the_first_job_alone() -> None:
    made_in: list[threading.Thread] = []

    def make() -> EmbeddedWatchdog:
        made_in.append(threading.current_thread())
        return EmbeddedWatchdog(b"PK")

    cluster = ClusterPolicy(
        MemoryNomad(),  # type: ignore[arg-type]
        JobPolicy(),
        make,
        driver="raw_exec",
        mhz_per_core=1000,
    )
    assert made_in == []

    first, second = await cluster.current(), await cluster.current()

    assert first.watchdog == second.watchdog == EmbeddedWatchdog(b"PK")
    assert len(made_in) == 1
    assert made_in[0] is not threading.current_thread()
