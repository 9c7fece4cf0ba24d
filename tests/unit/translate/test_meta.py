"""What was sent comes back byte for byte from a job's Meta."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faas_nomad.model.openfaas import FunctionDeployment, Resources
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.meta import (
    MAX_SPEC_BYTES,
    created_ns_from_meta,
    deployment_from_job_meta,
    is_function_meta,
    job_meta,
)
from support.deployments import OURS, deployment

texts = st.text(max_size=20)
maps = st.dictionaries(texts, texts, max_size=3)
resources = st.none() | st.builds(Resources, memory=texts, cpu=texts)
deployments = st.builds(
    FunctionDeployment,
    service=texts,
    image=texts,
    namespace=texts,
    env_process=texts,
    env_vars=maps,
    constraints=st.lists(texts, max_size=3),
    secrets=st.lists(texts, max_size=3),
    labels=maps,
    annotations=maps,
    limits=resources,
    requests=resources,
    read_only_root_filesystem=st.booleans(),
)


@given(deployments)
def test_any_deployment_comes_back_equal(fn: FunctionDeployment) -> None:
    assert deployment_from_job_meta(job_meta(fn, 1)) == fn


def test_quantities_and_order_come_back_as_written() -> None:
    sent: dict[str, Any] = {
        "limits": {"memory": "5Mi", "cpu": "0.50", "nvidia.com/gpu": "1"},
        "constraints": ["b == c", "a == b"],
        "envVars": {"Z": "1", "A": "${x}"},
    }

    spec = json.loads(job_meta(deployment(**sent), 1)["openfaas.spec"])

    assert {key: spec[key] for key in sent} == sent
    assert list(spec["envVars"]) == ["Z", "A"]


def test_what_was_not_sent_is_not_stored() -> None:
    spec = json.loads(job_meta(deployment(limits={}, labels={}), 1)["openfaas.spec"])

    assert set(spec) == {"service", "image", "envProcess", "limits"}
    assert spec["limits"] == {}


def test_reported_annotations_are_not_taken_for_the_users() -> None:
    fn = deployment(annotations={f"{OURS}status.reason": "x", "topic": "t"})

    assert deployment_from_job_meta(job_meta(fn, 1)).annotations == {"topic": "t"}


def test_the_time_of_creation_is_kept() -> None:
    meta = job_meta(deployment(), 1_795_225_212_000_000_001)

    assert created_ns_from_meta(meta) == 1_795_225_212_000_000_001


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "9" * 20, "٣"])
def test_an_unreadable_time_of_creation_is_unknown(text: str) -> None:
    assert created_ns_from_meta({"openfaas.created": text}) == 0
    assert created_ns_from_meta({}) == 0


def test_a_job_is_a_functions_by_its_mark() -> None:
    assert is_function_meta(job_meta(deployment(), 1))
    assert not is_function_meta({"openfaas": "0"})
    assert not is_function_meta({})
    assert not is_function_meta(None)


@pytest.mark.parametrize("spec", [None, "", "{", "[]", '{"service": 1}'])
def test_meta_without_a_readable_deployment_is_refused(spec: str | None) -> None:
    meta = {} if spec is None else {"openfaas.spec": spec}

    with pytest.raises(InvalidDeploymentError, match=r"openfaas\.spec"):
        deployment_from_job_meta(meta)


def test_a_deployment_above_48_kib_is_refused() -> None:
    job_meta(deployment(envVars={"a": "x" * (MAX_SPEC_BYTES - 200)}), 1)
    with pytest.raises(InvalidDeploymentError, match="bytes of JSON"):
        job_meta(deployment(envVars={"a": "x" * MAX_SPEC_BYTES}), 1)
