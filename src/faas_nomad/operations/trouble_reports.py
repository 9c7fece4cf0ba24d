"""Says in a function's logs, in the service's own, and in numbers why it is not ready."""

from collections import Counter
from collections.abc import Callable

import structlog

from faas_nomad.state.functions import Functions
from faas_nomad.state.records import DeploymentRecord, JobKey
from faas_nomad.translate.troubles import KINDS, Trouble, is_rollback

log = structlog.get_logger()


class TroubleReports:
    """Listens to `functions`; each new trouble is said once, and so is its end."""

    def __init__(self, functions: Functions, say: Callable[[JobKey, str], None]) -> None:
        self.counts: Counter[str] = Counter(dict.fromkeys(KINDS, 0))
        """How often each kind of trouble was met."""
        self.failed_deployments = 0
        self.rollbacks = 0
        """Of those, after which Nomad went back to the version before."""
        self._functions = functions
        self._say = say
        self._said: dict[JobKey, Trouble] = {}
        self._deployments: dict[JobKey, DeploymentRecord] = {}
        functions.listeners.append(self._changed)

    def line(self, key: JobKey) -> str:
        """Return what is to be said to who begins to read the logs; empty when all is well."""
        trouble = self._functions.standing.trouble(key)
        return f"not ready: {trouble.text}" if trouble else ""

    def _changed(self, key: JobKey) -> None:
        if self._functions.find(key) is None:
            self._said.pop(key, None)
            self._deployments.pop(key, None)
            return
        self._report_deployment(key)
        trouble, said = self._functions.standing.trouble(key), self._said.get(key)
        if trouble == said:
            return
        if trouble is None:
            del self._said[key]
            if self._functions.standing.is_ready(key):
                self._say(key, "ready again")
            return
        self._said[key] = trouble
        self.counts[trouble.kind] += 1
        self._say(key, f"not ready: {trouble.text}")
        name = self._functions.function_name(key)
        log.warning("a function is not ready", function=name, kind=trouble.kind, why=trouble.text)

    def _report_deployment(self, key: JobKey) -> None:
        """Say once that a deployment has failed, and that Nomad goes back if it does."""
        latest = self._functions.picture.deployment(key)
        before = self._deployments.get(key)
        if latest is None or latest == before:
            return
        self._deployments[key] = latest
        was_running = before is None or before.id != latest.id or before.status != "failed"
        if latest.status != "failed" or before is None or not was_running:
            return
        self.failed_deployments += 1
        self.rollbacks += is_rollback(latest.description)
        self._say(key, f"the deployment failed: {latest.description}")
        name = self._functions.function_name(key)
        log.warning("a deployment failed", function=name, why=latest.description)
