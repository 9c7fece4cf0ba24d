"""A change of a function's count, as its job tells it: who, why, from what to what, when. Pure.

It is kept in the scaling policy of the job's group: a map that Nomad stores and shows, does not
read itself, and whose change replaces no instance (nomad `structs.JobDiff`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from faas_nomad.model.nomad import Job
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.scale_rules import ScaleRules
from faas_nomad.translate.scaling import scaling_block

BY = "openfaas_count_by"
WHY = "openfaas_count_why"
CHANGE = "openfaas_count_change"
AT = "openfaas_count_at"
MAX_WHY_CHARS = 300


@dataclass(frozen=True)
class CountChange:
    """One change; `at_ns` is Unix time, which the job keeps in whole milliseconds."""

    by: str
    """`api`, `alert`, `invocation`, `idle` or `autoscaler`."""
    why: str
    before: int
    after: int
    at_ns: int

    @property
    def text(self) -> str:
        """Return the change in figures."""
        return f"{self.before} -> {self.after}"


@dataclass(frozen=True)
class Counted:
    """What is known of a function when its count is decided on."""

    fn: FunctionDeployment
    count: int
    rules: ScaleRules
    last: CountChange | None


def with_count(job: Job, change: CountChange, fn: FunctionDeployment, policy: JobPolicy) -> Job:
    """Return `job` with its count changed, bounds that admit it, and the change told."""
    group, *others = job["TaskGroups"]
    present: dict[str, Any] = group.get("Scaling") or {}
    told = {
        BY: change.by,
        WHY: change.why[:MAX_WHY_CHARS],
        CHANGE: change.text,
        AT: _time_text(change.at_ns),
    }
    block = scaling_block(fn, policy, change.after)
    kept = {**block["Policy"], **(present.get("Policy") or {}), **told}
    changed = {**group, "Count": change.after, "Scaling": {**present, **block, "Policy": kept}}
    return {**job, "Stop": False, "TaskGroups": [changed, *others]}


def count_change_of(job: Job) -> CountChange | None:
    """Return the last change that the job tells of; None if there is none that can be read."""
    policy: Mapping[str, Any] = (job["TaskGroups"][0].get("Scaling") or {}).get("Policy") or {}
    try:
        before, after = str(policy[CHANGE]).split(" -> ")
        at_ns = _time_ns(str(policy[AT]))
        return CountChange(str(policy[BY]), str(policy[WHY]), int(before), int(after), at_ns)
    except (KeyError, ValueError):
        return None


def _time_text(at_ns: int) -> str:
    found = datetime.fromtimestamp(at_ns // 1_000_000 / 1000, UTC)
    return found.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _time_ns(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000) * 1_000_000
