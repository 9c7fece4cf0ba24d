"""The raw_exec driver: a process on the node."""

import pytest

from faas_nomad.translate.errors import InvalidDeploymentError
from support.deployments import annotated, deployment, job_of, policy, task_of


def test_the_watchdog_runs_on_the_node() -> None:
    assert task_of(deployment(), policy("raw_exec"))["Driver"] == "raw_exec"


def test_there_is_no_network_but_the_hosts() -> None:
    with pytest.raises(InvalidDeploymentError, match="the only network of raw_exec"):
        job_of(annotated(network_mode="bridge"), policy("raw_exec"))
