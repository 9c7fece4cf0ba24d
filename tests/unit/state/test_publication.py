"""Callers are told why a function is not ready where that is wanted."""

import pytest

from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.region.snapshots import Snapshot
from faas_nomad.translate.names import Names
from support.job_meta import read_service
from support.nomad_shapes import alloc_event, allocation, job_stub, statuses_job


@pytest.mark.parametrize(
    ("explain", "why"), [(True, "the node of a replica cannot be reached"), (False, "")]
)
def test_callers_are_told_why_nothing_answers_where_that_is_wanted(explain: bool, why: str) -> None:
    names, table = Names("openfaas-", "openfaas-fn", "default"), RouteTable()
    policy = RoutePolicy(timeout_s=3.0)
    functions = Functions(Picture(read_service), table, names, lambda _job: policy, explain=explain)
    functions.replace(Snapshot(10, [job_stub()], [statuses_job()], []))

    functions.apply(alloc_event(allocation("x", status="lost", index=30)))

    route = table.find("a")
    assert route is not None
    assert (route.function, route.policy) == ("a.openfaas-fn", policy)
    assert route.why == why
