"""What Consul's checks say of replicas. Pure: time comes in.

An instance counts as Consul counts it: passing when all checks of its services and of its node
pass. It is known by the allocation in its service's ID, so that a registration left behind by an
earlier allocation stands for nothing.

Four things are no verdict. While Consul is away, what it said last stands. A check without output
that is critical has not run since its agent was started. And for a while after Consul was away its
lists may lack what agents and Nomad have not registered anew. And a list that lacks what the token
may no longer see tells nothing of it.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from faas_nomad.model.consul import HealthCheck
from faas_nomad.model.nomad import AllocID

_ALLOCATION = re.compile(r"_nomad-task-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-")
"""Source: nomad `serviceregistration.MakeAllocServiceID`; a sidecar's ID begins with its
service's."""
PASSING = "passing"


@dataclass
class ConsulDatacenter:
    """The replicas of one Consul datacenter, as its checks have them."""

    grace_s: float
    verdicts: Mapping[AllocID, bool] = field(default_factory=dict)
    """True for what passes, False for what does not."""
    was_lost: bool = False
    """It did not answer when last asked."""
    _complete_from_s: float = 0.0

    @property
    def has_gaps(self) -> bool:
        """Whether a replica that is not in its lists may yet be registered there."""
        return self.was_lost or self._complete_from_s > 0

    def took(
        self,
        checks: Iterable[HealthCheck],
        now_s: float,
        lives: Callable[[AllocID], bool] = lambda _alloc_id: True,
    ) -> set[AllocID] | None:
        """Take the present list of checks; return the replicas that it changes anything for.

        None stands for all, known or not. `lives` says whose verdict is worth keeping while the
        list has gaps: a Consul that is away again and again has them all the time.
        """
        had_gaps = self.has_gaps
        if self.was_lost:
            self.was_lost, self._complete_from_s = False, now_s + self.grace_s
        if now_s >= self._complete_from_s:
            self._complete_from_s = 0.0
        before = self.verdicts
        kept = filter(lives, before) if self.has_gaps else ()
        self.verdicts = {**{one: before[one] for one in kept}, **verdicts_of(checks, before)}
        if had_gaps and not self.has_gaps:
            return None
        return _differing(before, self.verdicts)

    def lost(self) -> bool:
        """It did not answer: what it said last stands; return whether that is news."""
        news = not self.was_lost
        self.was_lost = True
        return news


class ConsulDatacenters:
    """All datacenters that are watched; a replica is in one of them."""

    def __init__(self, by_name: Mapping[str, ConsulDatacenter]) -> None:
        self.by_name = by_name
        self._all = tuple(by_name.values())

    def vouches_for(self, alloc_id: AllocID) -> bool:
        """Return whether the replica passes; the unknown is let by while some list has gaps."""
        for datacenter in self._all:
            verdict = datacenter.verdicts.get(alloc_id)
            if verdict is not None:
                return verdict
        return any(one.has_gaps for one in self._all)


def verdicts_of(
    checks: Iterable[HealthCheck], before: Mapping[AllocID, bool]
) -> dict[AllocID, bool]:
    """Return which allocations pass, from all checks of their services and nodes."""
    nodes_failing: set[str] = set()
    by_alloc: dict[AllocID, list[HealthCheck]] = {}
    for check in checks:
        if not check["ServiceID"]:
            if check["Status"] != PASSING:
                nodes_failing.add(check["Node"])
        elif found := _ALLOCATION.match(check["ServiceID"]):
            by_alloc.setdefault(AllocID(found[1]), []).append(check)
    return {
        alloc_id: found[0]["Node"] not in nodes_failing
        and all(_passes(check, was_passing=before.get(alloc_id, False)) for check in found)
        for alloc_id, found in by_alloc.items()
    }


def is_hidden(checks: Collection[HealthCheck], *, is_filtered: bool, is_any_expected: bool) -> bool:
    """Return whether the list is empty of functions for want of rights, which Consul does not say.

    It leaves out what the token may not see, services also with their nodes. A node's own check is
    always there. Without services it may have hidden them where some were expected, as those of
    replicas that it has told of and that live.
    """
    if any(check["ServiceID"] for check in checks):
        return False
    return not checks or (is_filtered and is_any_expected)


def _differing(before: Mapping[AllocID, bool], after: Mapping[AllocID, bool]) -> set[AllocID]:
    return {one for one in before.keys() | after.keys() if before.get(one) != after.get(one)}


def _passes(check: HealthCheck, *, was_passing: bool) -> bool:
    if check["Status"] == PASSING:
        return True
    return was_passing and check["Status"] == "critical" and not check["Output"]
