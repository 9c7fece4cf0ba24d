"""Which allocations of a function may be called now. Pure.

The rule follows Nomad's canary deployments: a canary is called once Nomad found it healthy, old
and new are called together while the new version lacks replicas, and from the moment that the
new version has them all, the old one is not called any more.
"""

from collections.abc import Collection, Iterable

from faas_nomad.model.nomad import AllocID
from faas_nomad.state.records import AllocationRecord, JobRecord


def serving(
    job: JobRecord, allocations: Iterable[AllocationRecord], ready: Collection[AllocID]
) -> list[AllocationRecord]:
    """Return the allocations to route to, in a stable order.

    `ready` are the allocations that a probe of ours, or Nomad's verdict, found answering.
    """
    if job.count == 0:
        return []
    able = sorted((a for a in allocations if _able(a, ready)), key=lambda a: a.id)
    newest = updated(job, able)
    return newest if len(newest) >= job.count else able


def updated(job: JobRecord, able: Iterable[AllocationRecord]) -> list[AllocationRecord]:
    """Return those of `able` that run what is deployed now."""
    current = job.current_versions
    return [a for a in able if a.version in current]


def _able(alloc: AllocationRecord, ready: Collection[AllocID]) -> bool:
    if not alloc.alive or alloc.healthy is False:
        return False
    if alloc.canary and not alloc.healthy:
        return False
    return alloc.id in ready
