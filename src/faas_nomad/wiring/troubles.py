"""What finds and tells why functions are not ready."""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Never

from faas_nomad.api.services import Services
from faas_nomad.api.trouble_metrics import TroubleCollector
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.operations.trouble_reports import TroubleReports
from faas_nomad.state.functions import Functions
from faas_nomad.tasks.troubles import TroubleFinder


@dataclass(frozen=True)
class TroubleParts:
    """The one who asks; those who tell listen to the functions."""

    finder: TroubleFinder

    def forever(self) -> list[Coroutine[Any, Any, Never]]:
        """Return the tasks that keep it true."""
        return [self.finder.run()]


def troubles_of(nomad: NomadClient, functions: Functions, services: Services) -> TroubleParts:
    """Return the parts, wired: logs and metrics tell what is known."""
    reports = TroubleReports(functions, services.logs.say)
    services.logs.opening.trouble = reports.line
    services.exposition.registry.register(TroubleCollector(functions, reports))
    return TroubleParts(TroubleFinder(nomad, functions))
