"""Which jobs are functions: those whose meta is a deployment that can be served."""

import json

from structlog.testing import capture_logs

from faas_nomad.state.records import JobKey
from faas_nomad.translate.meta import job_meta
from faas_nomad.translate.names import Names
from faas_nomad.wiring.jobs import meta_reader
from support.deployments import OURS, deployment

KEY = JobKey("default", "openfaas-figlet")
read = meta_reader(Names("openfaas-", "openfaas-fn", "default"))


def test_a_job_with_a_deployment_s_meta_is_that_function() -> None:
    fn = deployment(labels={"com.openfaas.scale.min": "2"})

    assert read(KEY, job_meta(fn, 7)) == (fn, 7)


def test_a_job_of_another_mark_or_name_is_none() -> None:
    assert read(KEY, {"openfaas": "0"}) is None
    assert read(KEY._replace(job_id="openfaas-other"), job_meta(deployment(), 7)) is None


def test_a_job_that_was_written_by_hand_and_cannot_be_served_is_left_alone() -> None:
    spec = {"service": "figlet", "labels": {f"{OURS}timeout": "long"}}
    meta = {"openfaas": "1", "openfaas.spec": json.dumps(spec)}

    with capture_logs() as told:
        assert read(KEY, meta) is None

    assert [line["event"] for line in told] == ["a job's meta is no deployment, it is left alone"]


def test_one_that_can_be_served_and_not_scaled_is_served() -> None:
    spec = {"service": "figlet", "labels": {"com.openfaas.scale.min": "many"}}
    meta = {"openfaas": "1", "openfaas.spec": json.dumps(spec)}

    assert read(KEY, meta) is not None
