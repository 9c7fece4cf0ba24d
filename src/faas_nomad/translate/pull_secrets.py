"""Which secret a function's image is pulled with. Pure."""

from dataclasses import dataclass

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.drivers import driver_of
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.secret_names import NAME_EXPECTED, is_secret_name
from faas_nomad.translate.written import Written

ANNOTATION = "registry_secret"


@dataclass(frozen=True)
class PullSecret:
    """The secret's name, the field that a message names, and whether the function's owner asked."""

    name: str
    field: str
    is_asked_for: bool


def pull_secret_of(
    fn: FunctionDeployment, written: Written, policy: JobPolicy
) -> PullSecret | None:
    """Return the annotation's secret, else the installation's; an empty annotation is none.

    Raises:
        InvalidDeploymentError: The annotation is no secret's name, or of no use with the driver.
    """
    if not driver_of(written, policy).runs_images:
        return None
    if not written.has(ANNOTATION):
        default = policy.registry_secret
        return PullSecret(default, "registry_secret", is_asked_for=False) if default else None
    name = written.text(ANNOTATION)
    if name and not is_secret_name(name):
        # Not repeated: it may be a secret in the wrong place.
        raise InvalidDeploymentError(written.field(ANNOTATION), None, NAME_EXPECTED)
    return PullSecret(name, written.field(ANNOTATION), is_asked_for=True) if name else None
