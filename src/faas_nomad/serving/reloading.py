"""SIGHUP: settings are read again, and what can be changed while serving is."""

import asyncio
import signal
from collections.abc import Callable
from typing import Never, Protocol

import structlog

from faas_nomad.logs import set_level
from faas_nomad.proxy.limits import ProxyLimits
from faas_nomad.settings.errors import SettingsError
from faas_nomad.settings.page import Settings
from faas_nomad.settings.reload import reload
from faas_nomad.wiring.invocations import proxy_limits

log = structlog.get_logger()
ReadSettings = Callable[[], Settings]
"""Reads all settings from where they came from. Raises: SettingsError."""


class Limited(Protocol):
    """What limits hold for."""

    def set_limits(self, limits: ProxyLimits) -> None:
        """Let these limits hold from now on."""
        ...


class Reloading:
    """Keeps the settings that hold, and takes others at a signal."""

    def __init__(self, settings: Settings, read: ReadSettings, path: Limited) -> None:
        self.settings = settings
        self._read = read
        self._path = path

    async def run(self) -> Never:
        """Follow SIGHUP for ever."""
        asked = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, asked.set)
        while True:
            await asked.wait()
            asked.clear()
            await self.reload()

    async def reload(self) -> None:
        """Read the settings and take what can be taken; wrong ones change nothing."""
        try:
            read = await asyncio.to_thread(self._read)
        except SettingsError as err:
            log.error("settings are wrong, the present ones hold on", problems=err.problems)
            return
        found = reload(self.settings, read)
        self.settings = found.settings
        set_level(found.settings.log.level)
        self._path.set_limits(proxy_limits(found.settings))
        log.warning("settings were read again", taken=list(found.taken))
        if found.waiting:
            log.warning("these settings take a restart", waiting=list(found.waiting))
