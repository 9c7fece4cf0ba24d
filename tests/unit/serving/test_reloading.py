"""A signal has settings read again; wrong ones change nothing."""

import asyncio
import os
import signal

import pytest
import structlog

from faas_nomad.proxy.limits import ProxyLimits
from faas_nomad.serving.reloading import Reloading
from faas_nomad.settings.errors import SettingsError
from faas_nomad.settings.page import Settings, settings_from, specs
from faas_nomad.wiring.invocations import proxy_limits


class Path:
    """Remembers the limits that it was given."""

    def __init__(self) -> None:
        self.limits: list[ProxyLimits] = []

    def set_limits(self, limits: ProxyLimits) -> None:
        self.limits.append(limits)


async def test_limits_are_handed_on_and_the_rest_is_told() -> None:
    path = Path()
    reloading = Reloading(
        Settings(), lambda: settings_from({"max_connections": 5, "port": 9000}), path
    )

    with structlog.testing.capture_logs() as logs:
        await reloading.reload()

    assert [limits.max_clients for limits in path.limits] == [5]
    assert reloading.settings.proxy.max_connections == 5
    assert logs[0]["taken"] == ["max_connections"]
    assert logs[1]["waiting"] == ["port"]


@pytest.mark.parametrize("name", [name for name in specs() if name != "log_level"])
def test_what_may_change_while_serving_is_what_limits_are_made_of(name: str) -> None:
    spec = specs()[name]

    changed = proxy_limits(settings_from({name: another(spec.default)}))

    assert spec.reloads == (changed != proxy_limits(Settings()))


def another(value: object) -> object:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value * 0.5 or 1
    return "x"


async def test_wrong_settings_change_nothing() -> None:
    def read() -> Settings:
        raise SettingsError(["port (file) is 'x': expected a number"])

    path = Path()
    reloading = Reloading(Settings(), read, path)
    with structlog.testing.capture_logs() as logs:
        await reloading.reload()

    assert path.limits == []
    assert logs[0]["log_level"] == "error"
    assert "port (file)" in logs[0]["problems"][0]


async def test_the_signal_is_sighup_and_may_come_again() -> None:
    path = Path()
    reloading = Reloading(Settings(), Settings, path)
    following = asyncio.ensure_future(reloading.run())
    await asyncio.sleep(0)
    try:
        for number in (1, 2):
            os.kill(os.getpid(), signal.SIGHUP)
            async with asyncio.timeout(5):
                while len(path.limits) < number:
                    await asyncio.sleep(0.01)
    finally:
        following.cancel()
        asyncio.get_running_loop().remove_signal_handler(signal.SIGHUP)
