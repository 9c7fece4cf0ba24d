"""The rules by which a function is scaled, read from a job that anybody may have written."""

import pytest

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.state.records import JobKey, JobRecord
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.wiring.scaling import Rules

ASKING = {"com.openfaas.scale.type": "queue", "com.openfaas.scale.zero": "true"}


def job_with(labels: dict[str, str], annotations: dict[str, str]) -> JobRecord:
    fn = FunctionDeployment(service="a", labels=ASKING | labels, annotations=annotations)
    return JobRecord(JobKey("default", "openfaas-a"), fn, 0, 1, 0, 10)


def test_rules_are_those_of_the_labels() -> None:
    rules = Rules(JobPolicy()).of(job_with({}, {}))

    assert (rules.type, rules.to_zero) == ("queue", True)


@pytest.mark.parametrize(
    ("labels", "annotations"),
    [
        ({"com.openfaas.scale.min": "many"}, {}),
        ({"com.openfaas.scale.min": "3", "com.openfaas.scale.max": "2"}, {}),
        ({"com.openfaas.scale.zero-duration": "soon"}, {}),
        ({"com.openfaas.scale.type": 'a"} or vector(1'}, {}),
        ({}, {"com.openfaas.nomad.scale.query": "up\n"}),
    ],
)
def test_a_function_whose_job_was_edited_to_what_is_no_rule_is_not_scaled_by_itself(
    labels: dict[str, str], annotations: dict[str, str]
) -> None:
    """It would be refused at a deployment; a job can be edited with Nomad alone."""
    rules = Rules(JobPolicy()).of(job_with(labels, annotations))

    assert (rules.type, rules.to_zero) == ("", False)
