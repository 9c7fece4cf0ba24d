"""Settings → what reads usage and shows it; opens no connection yet."""

import time
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Never

from faas_nomad.api.services import Services
from faas_nomad.api.usage_metrics import UsageCollector, usage_series
from faas_nomad.clients.lean_get import LeanGetter
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.settings.page import Settings
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobKey
from faas_nomad.state.usage import UsageTable
from faas_nomad.tasks.usage import SLACK_S, UsageReader
from faas_nomad.translate.usage import Usage
from faas_nomad.wiring.nomad import nomad_getter


@dataclass(frozen=True)
class UsageParts:
    """The figures, and who reads them; nobody when `usage_interval` is 0."""

    functions: Functions
    table: UsageTable
    getter: LeanGetter
    reader: UsageReader | None

    def of(self, key: JobKey) -> Usage | None:
        """Return what the function's replicas use together, if that is known."""
        return self.table.total(self.functions.live_replicas.of(key), time.monotonic())

    def cpu_millicores(self, key: JobKey) -> float | None:
        """Return the processor time that the function's replicas use together, if it is known."""
        usage = self.of(key)
        return usage.cpu_millicores if usage else None

    def show_in(self, services: Services) -> None:
        """Give statuses and metrics the figures."""
        services.rendered.usage = self.of
        services.exposition.registry.register(UsageCollector(self.table, time.monotonic))
        services.exposition.add_series(partial(usage_series, self.functions, self.of))

    def forever(self) -> list[Coroutine[Any, Any, Never]]:
        """Return the tasks that keep the figures fresh."""
        return [self.reader.run()] if self.reader else []

    def close(self) -> None:
        """End the connections."""
        self.getter.close()


def usage_of(settings: Settings, nomad: NomadClient, functions: Functions) -> UsageParts:
    """Return the parts, wired.

    Raises:
        OSError, ssl.SSLError: A certificate file cannot be used.
    """
    interval_s = settings.functions.usage_interval_s
    table = UsageTable(interval_s + SLACK_S)
    getter = nomad_getter(settings, nomad.backend)
    reader = None
    if interval_s:
        reader = UsageReader(getter.get, functions, table, interval_s, functions.names.regions)
    return UsageParts(functions, table, getter, reader)
