"""The latest deployment of a job tells which version an allocation was placed for."""

from dataclasses import replace

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.state.records import DeploymentRecord, JobKey, JobRecord
from faas_nomad.state.region.deployments import is_later, placed_version
from support.nomad_shapes import allocation

JOB = JobRecord(JobKey("default", "openfaas-a"), FunctionDeployment(service="a"), 0, 1, 5, 10)
LATEST = DeploymentRecord("d", 4, "running", "")


def test_an_allocation_was_placed_for_its_deployment_s_version() -> None:
    assert placed_version(JOB, LATEST, allocation("x", deployment="d")) == 4


def test_outside_the_latest_deployment_it_was_placed_for_the_job_as_it_is() -> None:
    assert placed_version(JOB, LATEST, allocation("x", deployment="other")) == 5
    assert placed_version(JOB, LATEST, allocation("x")) == 5
    assert placed_version(JOB, None, allocation("x", deployment="d")) == 5


def test_a_deployment_of_an_earlier_version_or_told_twice_is_no_news() -> None:
    assert is_later(LATEST, None)
    assert is_later(replace(LATEST, status="successful"), LATEST)
    assert is_later(replace(LATEST, id="e", job_version=5), LATEST)
    assert not is_later(LATEST, LATEST)
    assert not is_later(replace(LATEST, id="c", job_version=3), LATEST)
