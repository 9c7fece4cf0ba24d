"""What is understood of a deployment before any block of its job is made. Pure.

A deployment is refused as a whole, so everything that can be refused early is read here, also
what matters only once the job runs.
"""

from dataclasses import dataclass
from typing import Any

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.annotations import nomad_annotations
from faas_nomad.translate.drivers import Driver, driver_of
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.health import checks_of, readiness_of
from faas_nomad.translate.mesh import is_in_mesh
from faas_nomad.translate.network import network_mode
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.pull_secrets import pull_secret_of
from faas_nomad.translate.registry_logins import TaskLogin
from faas_nomad.translate.routing import sticky_of, upstream_tls_of
from faas_nomad.translate.scale_rules import check_scale_labels
from faas_nomad.translate.secret_changes import SecretChange, generations_meta, secret_change_of
from faas_nomad.translate.secret_files import TaskSecrets
from faas_nomad.translate.services import service_block, service_name
from faas_nomad.translate.timeouts import timeout_of
from faas_nomad.translate.validation import check_deployment
from faas_nomad.translate.written import Written


@dataclass(frozen=True)
class Understood:
    """What several blocks of one job are made of."""

    fn: FunctionDeployment
    policy: JobPolicy
    written: Written
    driver: Driver
    network_mode: str
    in_mesh: bool
    secrets: TaskSecrets
    service: dict[str, Any]
    """The block of the group's service."""
    change: SecretChange
    login: TaskLogin | None
    """How its image is pulled; None: as anybody may."""

    @property
    def has_check(self) -> bool:
        """Whether something asks its replicas if they are well."""
        return bool(self.service["Checks"])

    @property
    def is_checked_by_consul(self) -> bool:
        """Whether replicas serve on Consul's word alone."""
        return self.policy.service_provider == "consul" and self.has_check

    @property
    def generations(self) -> dict[str, str]:
        """The job's meta by which a changed secret is a rolling update, where that is wanted."""
        return generations_meta(self.secrets.generations) if self.change.restarts else {}


def understand(
    fn: FunctionDeployment,
    policy: JobPolicy,
    secrets: TaskSecrets,
    *,
    job_id: str,
    nomad_namespace: str,
) -> Understood:
    """Return what `fn` asks for, as the job `job_id`.

    Raises:
        InvalidDeploymentError: Something cannot be understood; names the field.
    """
    _check_what_no_block_shows(fn, policy)
    written = nomad_annotations(fn)
    driver = _driver(fn, written, policy)
    in_mesh = is_in_mesh(written, policy)
    return Understood(
        fn,
        policy,
        written,
        driver,
        network_mode(driver, written, policy, in_mesh=in_mesh),
        in_mesh,
        secrets,
        service_block(
            fn,
            policy,
            written,
            name=service_name(fn, policy, job_id=job_id, nomad_namespace=nomad_namespace),
            nomad_namespace=nomad_namespace,
            checks=checks_of(fn, policy, written, back_after_s=driver.back_after_s),
            in_mesh=in_mesh,
        ),
        secret_change_of(written),
        secrets.login if pull_secret_of(fn, written, policy) else None,
    )


def _check_what_no_block_shows(fn: FunctionDeployment, policy: JobPolicy) -> None:
    check_deployment(fn, policy.job_name_prefix)
    check_scale_labels(fn)
    sticky_of(fn)
    upstream_tls_of(fn)
    timeout_of(fn)
    readiness_of(fn)


def _driver(fn: FunctionDeployment, written: Written, policy: JobPolicy) -> Driver:
    driver = driver_of(written, policy)
    if fn.read_only_root_filesystem and not driver.has_read_only_root:
        raise InvalidDeploymentError(
            "readOnlyRootFilesystem", "true", f"possible with the driver {driver.name}"
        )
    return driver
