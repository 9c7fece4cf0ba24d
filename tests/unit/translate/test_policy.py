"""What an installation decides."""

from dataclasses import FrozenInstanceError, replace

import pytest

from faas_nomad.translate.drivers import docker, podman
from faas_nomad.translate.policy import SAFE_CONTAINER_OPTIONS, EmbeddedWatchdog, JobPolicy


def test_a_policy_is_a_value() -> None:
    settings = JobPolicy()

    assert settings == JobPolicy()
    assert replace(settings, driver="exec") != settings
    with pytest.raises(FrozenInstanceError):
        settings.driver = "exec"  # type: ignore[misc]


def test_a_policy_shown_does_not_spill_the_watchdog() -> None:
    assert "PK" not in repr(JobPolicy(watchdog=EmbeddedWatchdog(b"PK" * 1000)))


def test_options_that_are_allowed_exist() -> None:
    assert docker.OPTIONS.keys() | podman.OPTIONS.keys() >= SAFE_CONTAINER_OPTIONS


@pytest.mark.parametrize(
    "name", ["privileged", "volumes", "mount", "devices", "pid_mode", "ipc_mode", "network_mode"]
)
def test_what_reaches_out_of_a_container_is_no_option_at_all(name: str) -> None:
    assert name not in docker.OPTIONS
    assert name not in podman.OPTIONS
