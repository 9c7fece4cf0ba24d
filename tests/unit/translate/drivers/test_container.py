"""Options of one container driver are not another's."""

import pytest

from faas_nomad.translate.errors import InvalidDeploymentError
from support.deployments import OURS, deployment, job_of, policy


def test_an_option_of_another_driver_is_refused() -> None:
    fn = deployment(annotations={f"{OURS}docker.init": "true"})

    job_of(fn, policy("docker"))
    for driver in ("podman", "raw_exec"):
        with pytest.raises(InvalidDeploymentError, match=f"the driver {driver}"):
            job_of(fn, policy(driver))
