"""Callers are told why a function is not ready where that is wanted."""

from collections.abc import Mapping

import pytest

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import JobKey
from faas_nomad.state.region.snapshots import Snapshot
from faas_nomad.translate.names import Names
from support.nomad_shapes import alloc_event, allocation, job_stub, statuses_job


def read_meta(_key: JobKey, meta: Mapping[str, str]) -> tuple[FunctionDeployment, int]:
    return FunctionDeployment(service=meta["service"]), 0


@pytest.mark.parametrize(
    ("explain", "why"), [(True, "the node of a replica cannot be reached"), (False, "")]
)
def test_callers_are_told_why_nothing_answers_where_that_is_wanted(explain: bool, why: str) -> None:
    names, table = Names("openfaas-", "openfaas-fn", "default"), RouteTable()
    policy = RoutePolicy(timeout_s=3.0)
    functions = Functions(Picture(read_meta), table, names, lambda _job: policy, explain=explain)
    functions.replace(Snapshot(10, [job_stub()], [statuses_job()], []))

    functions.apply(alloc_event(allocation("x", status="lost", index=30)))

    route = table.find("a")
    assert route is not None
    assert (route.function, route.policy) == ("a.openfaas-fn", policy)
    assert route.why == why
