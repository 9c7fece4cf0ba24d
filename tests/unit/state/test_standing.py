"""How a function stands follows from what is wanted and what answers."""

import pytest

from faas_nomad.model.nomad import AllocID
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import JobKey
from faas_nomad.state.region.snapshots import Snapshot
from faas_nomad.translate.names import Names
from support.job_meta import read_service
from support.nomad_shapes import (
    alloc_event,
    allocation,
    job_event,
    job_stub,
    statuses_job,
    whole_job,
)

KEY = JobKey("default", "openfaas-a")
X, Y = AllocID("x"), AllocID("y")


@pytest.fixture
def functions() -> Functions:
    names = Names("openfaas-", "openfaas-fn", "default")
    made = Functions(Picture(read_service), RouteTable(), names, lambda _job: RoutePolicy())
    replicas = [allocation("x", version=0), allocation("y", version=0)]
    made.replace(Snapshot(10, [job_stub()], [statuses_job(count=2)], replicas))
    return made


def test_a_function_is_ready_once_all_wanted_replicas_answer(functions: Functions) -> None:
    functions.mark_ready(KEY, X)
    assert (functions.standing.available(KEY), functions.standing.wanted(KEY)) == (1, 2)
    assert not functions.standing.is_ready(KEY)

    functions.mark_ready(KEY, Y)
    assert functions.standing.is_ready(KEY)


def test_replicas_of_an_earlier_version_serve_and_make_no_function_ready(
    functions: Functions,
) -> None:
    functions.mark_ready(KEY, X)
    functions.mark_ready(KEY, Y)
    changed = whole_job(count=2, index=30, version=1)
    changed["Meta"]["new"] = "1"

    functions.apply(job_event(changed, index=30))

    assert functions.standing.available(KEY) == 2
    assert not functions.standing.is_ready(KEY)


def test_of_what_is_not_there_nothing_is_wanted_and_nothing_amiss(functions: Functions) -> None:
    absent = JobKey("default", "openfaas-b")

    assert (functions.standing.wanted(absent), functions.standing.serving(absent)) == (0, [])
    assert functions.standing.is_ready(absent)


def test_a_sleeping_function_is_ready(functions: Functions) -> None:
    functions.apply(job_event(whole_job(count=0, index=30), index=30))

    assert functions.standing.is_ready(KEY)


def test_a_trouble_is_told_while_the_function_is_not_ready(functions: Functions) -> None:
    functions.apply(alloc_event(allocation("z", status="lost", index=30)))
    trouble = functions.standing.trouble(KEY)
    assert trouble is not None
    assert trouble.kind == "node"

    functions.mark_ready(KEY, X)
    functions.mark_ready(KEY, Y)

    assert functions.standing.trouble(KEY) is None
