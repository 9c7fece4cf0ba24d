"""Labels bound how many replicas a function has."""

import json

import pytest

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.scaling import check_replicas, initial_count, scale_bounds
from support.deployments import annotated, deployment, group_of, job_of, policy


def scaled(**labels: str) -> FunctionDeployment:
    named = {f"com.openfaas.scale.{key.replace('_', '-')}": text for key, text in labels.items()}
    return deployment(labels=named)


@pytest.mark.parametrize(("text", "count"), [("3", 3), ("1", 1), ("0", 1)])
def test_the_minimum_is_the_first_count_and_at_least_one(text: str, count: int) -> None:
    assert initial_count(scaled(min=text)) == count


def test_without_labels_the_first_count_is_one_and_the_policy_bounds() -> None:
    assert initial_count(deployment()) == 1
    assert scale_bounds(deployment(), policy(max_count=20)) == (1, 20)


def test_labels_set_the_bounds() -> None:
    assert scale_bounds(scaled(min="2", max="5"), policy()) == (2, 5)
    assert scale_bounds(scaled(min="0", max="5"), policy()) == (0, 5)


def test_a_minimum_above_the_policys_maximum_raises_it() -> None:
    assert scale_bounds(scaled(min="30"), policy(max_count=20)) == (30, 30)


def test_a_minimum_above_the_maximum_is_refused_by_name() -> None:
    with pytest.raises(InvalidDeploymentError) as refused:
        scale_bounds(scaled(min="5", max="3"), policy())

    assert str(refused.value) == (
        'labels["com.openfaas.scale.min"]: "5" is not at most 3, the label com.openfaas.scale.max'
    )


def test_the_jobs_bounds_admit_zero_and_any_count_asked() -> None:
    assert group_of(scaled(min="2", max="5"))["Scaling"] == {
        "Enabled": False,
        "Min": 0,
        "Max": 5,
        "Type": "horizontal",
        "Policy": {},
    }
    assert job_of(scaled(max="5"), None, 7)["TaskGroups"][0]["Scaling"]["Max"] == 7


def test_the_autoscalers_policy_is_what_was_written() -> None:
    text = '{"cooldown": "1m", "check": [{"load": [{"source": "prometheus"}]}]}'

    assert group_of(annotated(**{"scaling.policy": text}))["Scaling"]["Policy"] == json.loads(text)


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"a": NaN}', '{"a": 1e999}', r'{"a": "\ud800"}', '{"a":' * 5000]
)
def test_a_policy_that_nomad_cannot_be_sent_is_refused(text: str) -> None:
    with pytest.raises(InvalidDeploymentError, match=r"is not a JSON object$"):
        group_of(annotated(**{"scaling.policy": text}))


def test_a_policy_scales_nothing_but_its_function() -> None:
    text = '{"target": [{"nomad-target": [{"Job": "another"}]}]}'

    with pytest.raises(InvalidDeploymentError, match="is not a policy without target: what is"):
        group_of(annotated(**{"scaling.policy": text}))


def test_replicas_above_the_maximum_are_refused() -> None:
    check_replicas(5, scaled(max="5"), policy())
    with pytest.raises(InvalidDeploymentError, match=r'^replicas: "6" is not at most 5'):
        check_replicas(6, scaled(max="5"), policy())
