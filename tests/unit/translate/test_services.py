"""What instances are registered as: distinct names where Consul has no namespaces."""

import pytest

from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.meta import is_checked_by_consul
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.services import service_name
from support.deployments import annotated, deployment, group_of, job_of, policy

CONSUL = policy(service_provider="consul")


def name_of(settings: JobPolicy, service: str = "figlet", namespace: str = "default") -> str:
    fn = deployment(service=service)
    return service_name(fn, settings, job_id=f"openfaas-{service}", nomad_namespace=namespace)


def test_a_service_is_called_as_its_job() -> None:
    assert name_of(policy(), namespace="staging") == "openfaas-figlet"
    assert name_of(CONSUL) == "openfaas-figlet"


def test_in_consul_another_namespace_is_in_the_name() -> None:
    assert name_of(CONSUL, namespace="staging") == "openfaas-figlet--staging"


@pytest.mark.parametrize(
    ("service", "namespace"),
    [("fig--let", "default"), ("figlet", "Staging"), ("f" * 50, "staging")],
)
def test_what_consul_could_not_tell_apart_is_refused(service: str, namespace: str) -> None:
    with pytest.raises(InvalidDeploymentError):
        name_of(CONSUL, service, namespace)
    assert name_of(policy(), service, namespace)


def test_a_job_says_when_consul_has_a_verdict_on_its_instances() -> None:
    assert is_checked_by_consul(job_of(deployment(), CONSUL)["Meta"])
    assert not is_checked_by_consul(job_of(annotated(check="none"), CONSUL)["Meta"])
    assert not is_checked_by_consul(job_of(deployment(), policy())["Meta"])
    assert group_of(deployment(), CONSUL)["Services"][0]["Provider"] == "consul"
