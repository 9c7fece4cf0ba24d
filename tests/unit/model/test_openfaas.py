"""Bodies are decoded as Go's decoder does it."""

import json

import pytest
from pydantic import ValidationError

from faas_nomad.model.openfaas import FunctionDeployment, ScaleServiceRequest, Secret


def read(text: str) -> FunctionDeployment:
    return FunctionDeployment.model_validate_json(text)


def test_keys_match_in_any_case() -> None:
    assert read('{"SERVICE": "f", "EnvProcess": "p"}') == read('{"service":"f","envProcess":"p"}')
    assert read('{"\\u017fervice": "f"}').service == "f"  # a long s, which Go folds too


@pytest.mark.parametrize(
    "text", ['{"SERVICE": "a", "service": "b"}', '{"service": "a", "\\u017fervice": null}']
)
def test_a_key_in_two_cases_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValidationError, match="service once, in whatever case"):
        read(text)


def test_null_is_as_absent() -> None:
    keys = ("service", "envVars", "secrets", "limits", "readOnlyRootFilesystem")

    assert read(json.dumps(dict.fromkeys(keys))) == FunctionDeployment()


def test_keys_that_nobody_knows_are_dropped() -> None:
    assert read('{"of_the_future": 1}') == FunctionDeployment()


@pytest.mark.parametrize(
    "text",
    ['{"service": 1}', '{"envVars": {"a": 1}}', '{"readOnlyRootFilesystem": "true"}', '"f"', "[]"],
)
def test_a_value_of_another_type_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        read(text)


@pytest.mark.parametrize("replicas", ["-1", "1000001", "1.0", '"1"', "null", "true"])
def test_replicas_are_a_whole_number_within_bounds(replicas: str) -> None:
    with pytest.raises(ValidationError):
        ScaleServiceRequest.model_validate_json(f'{{"replicas": {replicas}}}')


def test_a_secret_s_value_is_not_shown() -> None:
    assert "hidden" not in repr(Secret(name="s", value="hidden", rawValue="hidden"))
