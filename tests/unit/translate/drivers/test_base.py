"""Every driver can say what it needs."""

from faas_nomad.translate.drivers import DRIVERS
from faas_nomad.translate.policy import DRIVER_NAMES


def test_there_is_one_driver_for_each_name() -> None:
    assert tuple(DRIVERS) == DRIVER_NAMES
    assert all(name == driver.name for name, driver in DRIVERS.items())
