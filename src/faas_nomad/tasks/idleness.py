"""Which functions this instance takes to be idle, by their rules and when they were last used."""

import time
from collections.abc import Callable

from faas_nomad.state.activity import Activity
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobKey, JobRecord
from faas_nomad.translate.scale_rules import ScaleRules

RulesOf = Callable[[JobRecord], ScaleRules]


class Idleness:
    """`activity` is this instance's."""

    def __init__(
        self,
        functions: Functions,
        activity: Activity,
        rules_of: RulesOf,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._functions = functions
        self._activity = activity
        self._rules_of = rules_of
        self._now_s = now_s

    def idle(self) -> list[JobKey]:
        """Return all functions that may sleep."""
        return [key for key in self._functions.picture.jobs if self.is_idle(key)]

    def is_idle(self, key: JobKey) -> bool:
        """Return whether the function is awake, may sleep, and was not used for long enough."""
        job = self._functions.find(key)
        if job is None or job.count == 0 or key.region in self._functions.away:
            return False
        rules = self._rules_of(job)
        name = self._functions.function_name(key)
        return rules.to_zero and self._activity.idle_s(name, self._now_s()) >= rules.idle_s

    def is_used(self, key: JobKey) -> None:
        """The function is in use somewhere: it is as if it was used just now."""
        self._activity.used(self._functions.function_name(key), self._now_s())
