"""What a driver cannot do, or may not be asked, is refused before a job is made."""

import pytest

from faas_nomad.translate.errors import InvalidDeploymentError
from support.deployments import OURS, annotated, deployment, job_of, policy


@pytest.mark.parametrize("driver", ["exec", "raw_exec", "java"])
def test_a_read_only_root_is_refused_where_there_is_none(driver: str) -> None:
    fn = deployment(readOnlyRootFilesystem=True, image="https://a/b.jar")

    with pytest.raises(InvalidDeploymentError) as refused:
        job_of(fn, policy(driver))

    assert str(refused.value) == (
        f'readOnlyRootFilesystem: "true" is not possible with the driver {driver}'
    )


def test_the_annotation_chooses_the_driver_among_those_allowed() -> None:
    fn = annotated(driver="raw_exec")

    assert job_of(fn)["TaskGroups"][0]["Tasks"][0]["Driver"] == "raw_exec"
    with pytest.raises(InvalidDeploymentError) as refused:
        job_of(fn, policy(allowed_drivers=("docker", "exec")))
    assert str(refused.value) == (
        f'annotations["{OURS}driver"]: "raw_exec" is not one of docker, exec'
    )
