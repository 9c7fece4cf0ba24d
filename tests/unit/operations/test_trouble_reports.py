"""What is said of functions that are not ready."""

import pytest

from faas_nomad.operations.trouble_reports import TroubleReports
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import JobKey
from faas_nomad.state.region.snapshots import Snapshot
from faas_nomad.translate.names import Names
from support.job_meta import read_service
from support.nomad_shapes import alloc_event, allocation, event, job_stub, statuses_job

KEY = JobKey("default", "openfaas-a")
BACK = "Failed due to progress deadline - rolling back to job version 0"


class Said:
    """A function, and what was said in its logs."""

    def __init__(self) -> None:
        names = Names("openfaas-", "openfaas-fn", "default")
        self.functions = Functions(
            Picture(read_service), RouteTable(), names, lambda _job: RoutePolicy()
        )
        self.lines: list[str] = []
        self.reports = TroubleReports(self.functions, lambda _key, line: self.lines.append(line))
        self.functions.replace(Snapshot(10, [job_stub()], [statuses_job()], []))

    def deployment(self, id_: str, status: str, said: str, index: int) -> None:
        payload = {
            "ID": id_,
            "Namespace": "default",
            "JobID": "openfaas-a",
            "JobVersion": 0,
            "Status": status,
            "StatusDescription": said,
            "ModifyIndex": index,
        }
        self.functions.apply(event("Deployment", "DeploymentStatusUpdate", payload, index=index))


@pytest.fixture
def said() -> Said:
    return Said()


def test_a_trouble_is_said_once_and_so_is_its_end(said: Said) -> None:
    for index in (30, 31):
        said.functions.apply(alloc_event(allocation("x", status="lost", index=index)))
    line = said.reports.line(KEY)
    said.functions.apply(alloc_event(allocation("y", index=40)))
    said.functions.mark_ready(KEY, "y")  # type: ignore[arg-type]

    told = "not ready: the node of a replica cannot be reached"
    assert line == told
    assert said.lines == [told, "ready again"]
    assert said.reports.counts["node"] == 1
    assert said.reports.line(KEY) == ""


def test_a_failed_deployment_is_said_once_and_counted(said: Said) -> None:
    said.deployment("d1", "running", "", 20)
    for index in (21, 22):
        said.deployment("d1", "failed", BACK, index)

    assert said.lines[0] == f"the deployment failed: {BACK}"
    assert [line for line in said.lines if line.startswith("the deployment")] == said.lines[:1]
    assert (said.reports.failed_deployments, said.reports.rollbacks) == (1, 1)


def test_one_that_had_failed_before_the_service_began_is_no_news(said: Said) -> None:
    said.deployment("d1", "failed", BACK, 20)

    assert said.reports.failed_deployments == 0
