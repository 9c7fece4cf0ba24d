"""What jobs are made with: a watchdog, made once, and nodes, of which the last known stand."""

import threading

import pytest

from faas_nomad.clients.errors import BackendError, DeniedError, UnreachableError
from faas_nomad.operations.cluster import FACTS_LAST_S, ClusterPolicy
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


def left_to_nodes(nomad: MemoryNomad, now_s: list[float]) -> ClusterPolicy:
    """Return a policy whose settings leave all to the nodes."""
    return ClusterPolicy(
        nomad,  # type: ignore[arg-type]
        JobPolicy(),
        lambda: EmbeddedWatchdog(b"PK"),
        driver="auto",
        mhz_per_core=0,
        now_s=lambda: now_s[0],
    )


@pytest.mark.parametrize("failure", [UnreachableError("no path to region"), DeniedError("no")])
async def test_nodes_that_cannot_be_read_any_more_stay_as_they_were(failure: BackendError) -> None:
    nomad, now_s = MemoryNomad(), [0.0]
    cluster = left_to_nodes(nomad, now_s)
    before = await cluster.current()
    assert (before.driver, before.nomad_version) == ("raw_exec", "1.11.1")
    now_s[0] += FACTS_LAST_S + 1
    nomad.nodes_failure = failure

    assert await cluster.current() == before


async def test_nodes_that_were_never_read_are_assumed_where_only_the_right_lacks() -> None:
    nomad = MemoryNomad()
    cluster = left_to_nodes(nomad, [0.0])
    nomad.nodes_failure = UnreachableError("away")
    with pytest.raises(UnreachableError):
        await cluster.current()
    nomad.nodes_failure = DeniedError("no")

    assert (await cluster.current()).nomad_version == ""
