"""The labels com.openfaas.scale.* are rules, or refused by name."""

import pytest

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.scale_rules import check_scale_labels, scale_query, scale_rules
from support.deployments import annotated, deployment, job_of, policy


def scaled(**labels: str) -> FunctionDeployment:
    named = {f"com.openfaas.scale.{key.replace('_', '-')}": text for key, text in labels.items()}
    return deployment(labels=named)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("min", "x"),
        ("min", "-1"),
        ("min", "1.5"),
        ("min", "50001"),
        ("max", "0"),
        ("max", ""),
        ("factor", "101"),
        ("factor", "-1"),
        ("zero", "maybe"),
        ("zero_duration", "soon"),
        ("zero_duration", "0"),
        ("target", "0"),
        ("target", "many"),
        ("target_proportion", "-0.5"),
        ("type", ""),
        ("type", "a b"),
    ],
)
def test_a_label_that_cannot_be_understood_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(InvalidDeploymentError) as refused:
        job_of(scaled(**{name: text}))

    key = f"com.openfaas.scale.{name.replace('_', '-')}"
    assert refused.value.field == f'labels["{key}"]'


def test_the_labels_of_other_autoscalers_are_accepted() -> None:
    check_scale_labels(
        scaled(
            min="0",
            max="10",
            factor="20",
            zero="true",
            zero_duration="15m",
            target="50.5",
            target_proportion="0.9",
            type="rps",
            later="x",
        )
    )


def test_without_labels_alerts_add_a_tenth_and_nothing_else_scales() -> None:
    rules = scale_rules(deployment(), policy(max_count=20, idle_s=60))

    assert (rules.least, rules.most, rules.factor) == (1, 20, 10)
    assert (rules.to_zero, rules.idle_s, rules.type) == (False, 60, "")


def test_a_target_alone_is_one_of_requests_a_second() -> None:
    rules = scale_rules(scaled(target="50.5", zero_duration="15m"), policy())

    assert (rules.type, rules.target, rules.proportion, rules.idle_s) == ("rps", 50.5, 0.9, 900)


def test_the_installation_s_cap_lowers_the_most_but_never_below_the_least() -> None:
    assert scale_rules(scaled(max="9"), policy(scale_cap=5)).most == 5
    assert scale_rules(scaled(min="7", max="9"), policy(scale_cap=5)).most == 7


def test_the_query_is_the_annotation_s_or_that_of_openfaas() -> None:
    assert scale_query(annotated(scale__query="up"), "figlet.openfaas-fn") == "up"
    assert scale_query(scaled(type="queue"), "figlet.openfaas-fn") == (
        'job:function_current_load:sum{function_name="figlet.openfaas-fn",scaling_type="queue"}'
    )
