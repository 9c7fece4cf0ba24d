"""Where a request goes: a function with its replicas, or the control plane."""

from collections.abc import Iterable
from typing import Protocol

from faas_nomad.proxy.attempts import Attempts
from faas_nomad.proxy.balance import less_busy, owner_of
from faas_nomad.proxy.context import Context
from faas_nomad.proxy.replica import Replica
from faas_nomad.proxy.retry import RetryBudget
from faas_nomad.proxy.stats import FunctionStats
from faas_nomad.state.endpoints import Endpoint, RoutePolicy, Sticky


class Waiting(Protocol):
    """A request that waits for a connection or for a first replica."""

    done: bool

    def resume(self) -> None:
        """Try again to find a replica; it waits no more, or waits anew."""
        ...

    def fail(self, status: int, text: str) -> None:
        """Answer `status`."""
        ...


class Target:
    """One function, or the control plane, as requests meet it."""

    __slots__ = (
        "active",
        "budget",
        "context",
        "is_function",
        "is_gone",
        "left_out",
        "name",
        "replicas",
        "spare",
        "stats",
        "sticky",
        "timeout_s",
        "waiting",
        "why",
    )

    def __init__(
        self, name: str, stats: FunctionStats, context: Context, *, is_function: bool
    ) -> None:
        self.name = name
        self.stats = stats
        self.is_function = is_function
        """Requests are traced and timed; else they are calls to the control plane."""
        self.is_gone = False
        """It has left the table."""
        self.replicas: dict[Endpoint, Replica] = {}
        self.active: list[Replica] = []
        self.spare: list[Replica] = []
        """Far ones while there are near ones: tried when no other is left."""
        self.left_out: list[Replica] = []
        self.sticky: Sticky | None = None
        self.why = ""
        """Why there are no replicas, when callers may know it."""
        self.timeout_s = 0.0
        """Of a whole exchange; infinite when there is none."""
        self.waiting: dict[Waiting, int] = {}
        """Who waits, first come first, and the bytes held for each."""
        self.budget = RetryBudget()
        self.context = context

    def set_policy(self, policy: RoutePolicy) -> None:
        """Take how requests are carried from now on."""
        self.sticky = policy.sticky
        limit_s = policy.timeout_s
        if limit_s is None:
            limit_s = self.context.limits.exchange_time_s
        self.timeout_s = limit_s or float("inf")

    def set_replicas(self, replicas: Iterable[Replica]) -> None:
        """Use exactly `replicas` from now on; requests that waited for one go on."""
        wanted = {replica.endpoint: replica for replica in replicas}
        gone = [replica for endpoint, replica in self.replicas.items() if endpoint not in wanted]
        self.replicas = wanted
        self.sort_out()
        for replica in gone:
            replica.leave()
        self.serve_waiting()

    def choose(self, attempts: Attempts | None) -> Replica | None:
        """Return the replica for a request, one that was not tried; None when there is none."""
        if attempts is not None or self.left_out:
            return self._choose_carefully(attempts or Attempts())
        active = self.active
        if len(active) > 1:
            return less_busy(active, self.context.random)
        return active[0] if active else None

    def with_room(self, attempts: Attempts | None) -> Replica | None:
        """Return any replica that was not tried and can be connected to now."""
        tried = attempts.tried if attempts is not None else ()
        return next((r for r in self.active if r.has_room() and r not in tried), None)

    def sort_out(self) -> None:
        """A replica's health has changed: those left out get requests only when no other can."""
        replicas = list(self.replicas.values())
        healthy = [r for r in replicas if not r.health.left_out_until_s]
        near = [r for r in healthy if not r.endpoint.is_far]
        self.active = near or healthy
        self.spare = [r for r in healthy if r.endpoint.is_far] if near else []
        self.left_out = [r for r in replicas if r.health.left_out_until_s]

    def add_waiting(self, waiting: Waiting, held_bytes: int) -> str:
        """Let it wait; return which bound forbids that, "" when none does."""
        context, limits = self.context, self.context.limits
        if len(self.waiting) >= limits.max_waiting:
            return "waiting"
        if context.waiting_bytes + held_bytes > limits.max_waiting_bytes:
            return "waiting_bytes"
        self.waiting[waiting] = held_bytes
        context.waiting_bytes += held_bytes
        context.stats.waiting += 1
        return ""

    def leave_waiting(self, waiting: Waiting) -> bool:
        """Free its place; tell whether it had one."""
        held_bytes = self.waiting.pop(waiting, None)
        if held_bytes is None:
            return False
        self.context.waiting_bytes -= held_bytes
        self.context.stats.waiting -= 1
        return True

    def refuse_waiting(self, status: int, text: str) -> None:
        """Answer all that wait: there will be no replica."""
        for waiting in list(self.waiting):
            if self.leave_waiting(waiting):
                waiting.fail(status, text)

    def serve_waiting(self) -> None:
        """Let all that wait try again."""
        for waiting in list(self.waiting):
            if self.leave_waiting(waiting):
                waiting.resume()

    def serve_one(self) -> None:
        """Let one that waits try again, as a connection is free or there is room for one."""
        for waiting in self.waiting:
            self.leave_waiting(waiting)
            return waiting.resume()

    def _choose_carefully(self, attempts: Attempts) -> Replica | None:
        tried, key = attempts.tried, attempts.key
        now_s = self.context.now_s()
        for replica in self.left_out:
            if replica not in tried and replica.health.may_try(now_s):
                return replica
        # When all are left out, a try is better than a refusal.
        untried = [r for r in self.active if r not in tried]
        untried = untried or [r for r in self.spare if r not in tried]
        untried = untried or [r for r in self.left_out if r not in tried]
        if not untried:
            return None
        return less_busy(untried, self.context.random) if key is None else owner_of(untried, key)
