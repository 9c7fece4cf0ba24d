"""Scaling by Alertmanager's notifications: every function named is tried, each by itself."""

import asyncio
from collections.abc import Callable

import structlog

from faas_nomad.clients.errors import BackendError
from faas_nomad.model.alerts import AlertNotification
from faas_nomad.operations.errors import AlertsFailedError, NoSuchFunctionError
from faas_nomad.operations.scaling import Scaling, Wanted
from faas_nomad.state.functions import Functions
from faas_nomad.translate.alerts import BY_ALERT, Alerted, alerted_functions, count_after_alert
from faas_nomad.translate.count_changes import Counted
from faas_nomad.translate.errors import InvalidDeploymentError

log = structlog.get_logger()

MAX_AT_ONCE = 8
"""Functions scaled at the same time for one notification."""


class AlertScaling:
    """Takes notifications; see `translate.alerts` for the arithmetic."""

    def __init__(
        self,
        functions: Functions,
        scaling: Scaling,
        clock_ns: Callable[[], int],
        *,
        step_pause_s: float,
        is_on: bool = True,
    ) -> None:
        self._functions = functions
        self._scaling = scaling
        self._clock_ns = clock_ns
        self._step_pause_s = step_pause_s
        self._is_on = is_on

    async def take(self, notification: AlertNotification) -> None:
        """Scale what the notification names; unknown functions are told of in the log only.

        Raises:
            AlertsFailedError: Some could not be scaled; all were tried.
        """
        if not self._is_on:
            return
        turns = asyncio.Semaphore(MAX_AT_ONCE)

        async def scale(alerted: Alerted) -> str:
            async with turns:
                return await self._scale(alerted)

        alerted = alerted_functions(notification)
        reasons = await asyncio.gather(*map(scale, alerted))
        failed = [reason for reason in reasons if reason]
        if failed:
            raise AlertsFailedError(len(failed), len(alerted), failed[0])

    async def _scale(self, alerted: Alerted) -> str:
        """Return why it failed, "" if it did not."""
        try:
            await self._follow(alerted)
        except NoSuchFunctionError:
            log.warning("an alert names no function", function=alerted.function)
        except (BackendError, InvalidDeploymentError) as err:
            log.warning("an alert changed nothing", function=alerted.function, why=str(err))
            return f"{alerted.function}: {err}"
        return ""

    async def _follow(self, alerted: Alerted) -> None:
        key = self._functions.directory.key_by_name(alerted.function)
        if self._functions.find(key) is None:
            raise NoSuchFunctionError(alerted.function)
        state = "is firing" if alerted.firing else "is resolved"
        why = f"alert {alerted.alert} {state}".replace("  ", " ")

        def choose(counted: Counted) -> Wanted:
            count = count_after_alert(
                counted,
                firing=alerted.firing,
                now_ns=self._clock_ns(),
                step_pause_s=self._step_pause_s,
            )
            return Wanted(count, why)

        service = self._functions.names.service(key.job_id)
        await self._scaling.change(key, service, BY_ALERT, choose)
