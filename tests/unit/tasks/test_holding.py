"""What is held is let go, whatever happens, and what has something under way at once."""

import pytest

from faas_nomad.clients.errors import UnreachableError
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import JobKey
from faas_nomad.state.region.snapshots import Snapshot
from faas_nomad.tasks.holding import Holding
from faas_nomad.translate.names import Names
from support.job_meta import read_service
from support.nomad_shapes import allocation, job_stub, statuses_job

A, B = JobKey("default", "openfaas-a"), JobKey("default", "openfaas-b")


@pytest.fixture
def functions() -> Functions:
    names = Names("openfaas-", "openfaas-fn", "default")
    made = Functions(Picture(read_service), RouteTable(), names, lambda _job: RoutePolicy())
    stubs, statuses = [job_stub(name) for name in "ab"], [statuses_job(name) for name in "ab"]
    live = [allocation(f"{name}1", name, healthy=True, version=0) for name in "ab"]
    made.replace(Snapshot(10, stubs, statuses, live))
    return made


def routed(functions: Functions) -> str:
    return "".join(name for name in "ab" if functions.table.routes[name].endpoints)


async def busy_a(name: str) -> int | None:
    return 1 if name.startswith("a.") else 0


async def test_only_what_is_quiet_stays_held_and_to_the_end(functions: Functions) -> None:
    with Holding(functions, busy_a) as holding:
        assert await holding.hold_quiet([A, B]) == [B]
        assert (holding.held, routed(functions)) == ([B], "a")

    assert routed(functions) == "ab"


async def test_a_failure_lets_everything_go(functions: Functions) -> None:
    async def unknown(_name: str) -> int | None:
        assert routed(functions) == ""
        raise UnreachableError("no worker answers")

    with pytest.raises(UnreachableError), Holding(functions, unknown) as holding:
        await holding.hold_quiet([A, B])

    assert routed(functions) == "ab"


async def test_what_was_released_before_is_not_released_again(functions: Functions) -> None:
    functions.hold(B)
    with Holding(functions, busy_a) as holding:
        await holding.hold_quiet([B])
        holding.release([B])

    assert routed(functions) == "a", "another decision holds it still"
