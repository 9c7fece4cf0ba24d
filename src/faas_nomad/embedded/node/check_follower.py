"""Keeping an eye on an allocation's checks, and asking for restarts where they say so.

Source: nomad `client/serviceregistration/checks`, `check_watcher.go` (v1.11).
"""

import asyncio
from collections.abc import Callable

import httpx

from faas_nomad.embedded.defaults import SECOND_NS
from faas_nomad.embedded.node.checks import Check, passes, pause_s


class CheckFollower:
    """The checks of one allocation and how each stands."""

    def __init__(self, checks: list[Check], client: httpx.AsyncClient) -> None:
        self._checks = checks
        self._client = client
        self._passing = [False] * len(checks)

    def are_passing(self) -> bool:
        """Tell whether all checks pass; without checks they do."""
        return all(self._passing)

    def take_as_passing(self) -> None:
        """Count every check as passed: there is no process that could answer."""
        self._passing = [True] * len(self._checks)

    async def follow(
        self,
        running: asyncio.Event,
        on_change: Callable[[], None],
        restart: Callable[[str], None],
    ) -> None:
        """Try all checks for ever, while `running` is set."""
        followers = (
            self._follow(number, running, on_change, restart) for number in range(len(self._checks))
        )
        await asyncio.gather(*followers)

    async def _follow(
        self,
        number: int,
        running: asyncio.Event,
        on_change: Callable[[], None],
        restart: Callable[[str], None],
    ) -> None:
        check = self._checks[number]
        clock = asyncio.get_running_loop().time
        rule = check.spec.get("CheckRestart") or {"Limit": 0, "Grace": 0}
        failures, graceful_until_s = 0, clock() + rule["Grace"] / SECOND_NS
        while True:
            if not running.is_set():
                self._passing[number] = False
                await running.wait()
            passing = await passes(self._client, check)
            failures = 0 if passing else failures + 1
            if passing != self._passing[number]:
                self._passing[number] = passing
                on_change()
            if rule["Limit"] and failures >= rule["Limit"] and clock() >= graceful_until_s:
                restart(f'healthcheck: check "{check.name}" unhealthy')
                failures, graceful_until_s = 0, clock() + rule["Grace"] / SECOND_NS
            await asyncio.sleep(pause_s(check, failures, was_passing=passing))
