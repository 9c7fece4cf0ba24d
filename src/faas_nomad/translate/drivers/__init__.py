"""One file a task driver; each makes the part of a task that depends on it. Pure."""

from faas_nomad.translate.drivers import docker, exec, java, podman, raw_exec
from faas_nomad.translate.drivers.base import Driver, TaskParts, TaskRequest
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.written import Written

__all__ = ["DRIVERS", "Driver", "TaskParts", "TaskRequest", "driver_of"]

DRIVERS = {
    driver.name: driver
    for driver in (docker.DRIVER, podman.DRIVER, exec.DRIVER, raw_exec.DRIVER, java.DRIVER)
}
_DRIVER_BOUND = tuple({name for driver in DRIVERS.values() for name in driver.annotations})


def driver_of(written: Written, policy: JobPolicy) -> Driver:
    """Return the driver of a function: the annotation's, else the installation's.

    Raises:
        InvalidDeploymentError: The annotation names one that is unknown or not allowed here, or
            another annotation is of no use with it.
    """
    driver = DRIVERS[written.choice("driver", policy.driver, policy.allowed_drivers)]
    for name in written.entries:
        if name.startswith(_DRIVER_BOUND) and not name.startswith(driver.annotations):
            raise written.refuse(name, f"of use with the driver {driver.name}")
    return driver
