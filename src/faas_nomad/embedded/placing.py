"""Writing one group's plan: instances stopped, taken over and placed. Pure.

Identifiers and ports come in as callables, time with the trigger.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from faas_nomad.embedded.constraints import NodeFacts
from faas_nomad.embedded.group_plan import NOT_NEEDED, GroupPlan, Placement
from faas_nomad.embedded.records import STOP, Alloc, Health, Job, Port, group_of
from faas_nomad.embedded.store import Transaction


@dataclass(frozen=True, slots=True)
class Sources:
    """Where new identifiers and ports come from."""

    new_id: Callable[[], str]
    take_port: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Trigger:
    """Why a job is looked at, and when."""

    kind: str
    eval_id: str
    now_ns: int


@dataclass(frozen=True, slots=True)
class Placer:
    """Carries out plans on one node."""

    node: NodeFacts
    sources: Sources

    def write_group(
        self, tx: Transaction, job: Job, plan: GroupPlan, deployment_id: str, trigger: Trigger
    ) -> list[Alloc]:
        """Write the steps of `plan`; return the instances that the deployment gained."""
        for alloc in plan.stop:
            tx.put_alloc(_stopped(alloc, NOT_NEEDED, trigger.now_ns))
        gained = [
            tx.put_alloc(_taken_over(alloc, job, deployment_id, trigger)) for alloc in plan.in_place
        ]
        for placement in plan.place:
            alloc = self._placed(placement, deployment_id, trigger)
            if placement.previous:
                stopped = _stopped(placement.previous, placement.why, trigger.now_ns)
                tx.put_alloc(replace(stopped, next_id=alloc.id))
            gained.append(tx.put_alloc(alloc))
        return [a for a in gained if deployment_id and a.deployment_id == deployment_id]

    def _placed(self, placement: Placement, deployment_id: str, trigger: Trigger) -> Alloc:
        previous = placement.previous
        group = group_of(placement.job, placement.group) or {}
        stays_old = placement.is_reschedule and previous and previous.job is placement.job
        alloc = Alloc(
            id=self.sources.new_id(),
            name=placement.name,
            group=placement.group,
            job=placement.job,
            eval_id=trigger.eval_id,
            node_id=self.node.id,
            ports=tuple(self._ports(group)),
            create_time_ns=trigger.now_ns,
            modify_time_ns=trigger.now_ns,
            deployment_id=deployment_id,
            health=Health(None, canary=True) if placement.canary else None,
        )
        if not previous:
            return alloc
        times_ns = (*previous.reschedule_times_ns, trigger.now_ns)
        return replace(
            alloc,
            previous_id=previous.id,
            deployment_id=previous.deployment_id if stays_old else deployment_id,
            reschedule_times_ns=times_ns if placement.is_reschedule else (),
        )

    def _ports(self, group: Mapping[str, Any]) -> Iterator[Port]:
        for network in group.get("Networks") or []:
            for port in network.get("DynamicPorts") or []:
                yield Port(port.get("Label") or "", self.sources.take_port(), port.get("To") or 0)
            for port in network.get("ReservedPorts") or []:
                yield Port(port.get("Label") or "", port.get("Value") or 0, port.get("To") or 0)


def _stopped(alloc: Alloc, why: str, now_ns: int) -> Alloc:
    return replace(alloc, desired=STOP, desired_description=why, modify_time_ns=now_ns)


def _taken_over(alloc: Alloc, job: Job, deployment_id: str, trigger: Trigger) -> Alloc:
    """Return a running instance as one of a newer version; its verdict is asked for again."""
    return replace(
        alloc,
        job=job,
        eval_id=trigger.eval_id,
        deployment_id=deployment_id,
        health=None,
        modify_time_ns=trigger.now_ns,
    )
