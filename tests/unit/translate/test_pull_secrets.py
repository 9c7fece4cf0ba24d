"""Which secret an image is pulled with, and what a job shows of it: nothing but where it is."""

import json

import pytest

from faas_nomad.translate.annotations import nomad_annotations
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.pull_secrets import PullSecret, pull_secret_of
from support.deployments import OURS, annotated, deployment, job_of, policy, task_of

FIELD = f'annotations["{OURS}registry_secret"]'


def pull(installed: str = "", driver: str = "docker", **written: str) -> PullSecret | None:
    fn = annotated(**written)
    return pull_secret_of(fn, nomad_annotations(fn), policy(driver, registry_secret=installed))


def test_the_annotation_s_secret_comes_before_the_installation_s() -> None:
    asked = PullSecret("a", FIELD, is_asked_for=True)

    assert pull(registry_secret="a") == asked
    assert pull(installed="b", registry_secret="a") == asked
    assert pull(installed="b") == PullSecret("b", "registry_secret", is_asked_for=False)
    assert pull() is None
    assert pull(installed="b", registry_secret="") is None


@pytest.mark.parametrize("name", ["../x", "Upper", "{{"])
def test_what_is_no_secret_s_name_is_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(InvalidDeploymentError) as caught:
        pull(registry_secret=name)

    assert name not in str(caught.value)


def test_a_driver_without_images_needs_none_and_refuses_the_annotation() -> None:
    assert pull(installed="b", driver="raw_exec") is None
    with pytest.raises(InvalidDeploymentError, match="of use with the driver raw_exec"):
        pull(driver="raw_exec", registry_secret="a")


@pytest.mark.parametrize("driver", ["docker", "podman"])
def test_the_node_fills_the_login_in(driver: str) -> None:
    task = task_of(annotated(registry_secret="a"), policy(driver))

    assert task["Secrets"] == [
        {"Name": "registry", "Provider": "nomad", "Path": "nomad/jobs/openfaas-figlet/fn"}
    ]
    auth = task["Config"]["auth"]
    assert auth["username"] == "${secret.registry.username}"
    assert auth["password"] == "${secret.registry.password}"
    assert "Vault" not in task


def test_a_function_that_anybody_may_pull_has_no_trace_of_it() -> None:
    assert "secret" not in json.dumps(job_of(deployment())).lower()
