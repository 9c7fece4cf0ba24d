"""The stand-in's state machine with a scripted node and a clock of its own: no I/O, no waiting."""

import itertools
from typing import Any

from faas_nomad.embedded.cluster import Cluster
from faas_nomad.embedded.constraints import NodeFacts
from faas_nomad.embedded.placing import Sources
from faas_nomad.embedded.records import DEAD, RUNNING, Alloc, Deployment, Job, TaskState
from faas_nomad.embedded.reports import Report
from support.nomad_job_specs import SECOND_NS, web_job

NODE = NodeFacts(
    "node-1",
    "here",
    {
        "attr.kernel.name": "linux",
        "attr.cpu.totalcompute": "4000",
        "attr.cpu.numcores": "2",
        "attr.memory.totalbytes": "1073741824",
    },
)
KEY = ("default", "openfaas-x")
START_NS = 1_000 * SECOND_NS


class ScriptedCluster:
    """A cluster whose node does what the test says, when it says so."""

    def __init__(self) -> None:
        ids, ports = itertools.count(1), itertools.count(20_000)
        sources = Sources(lambda: f"id-{next(ids)}", lambda: next(ports))
        self.cluster = Cluster(NODE, sources)
        self.store = self.cluster.store
        self.now_ns = START_NS

    def register(self, job: dict[str, Any] | None = None, **envelope: Any) -> int:
        """Register a job at the present time; return its index."""
        posted = {"Job": job or web_job(KEY[1]), **envelope}
        return int(self.cluster.register(posted, "", self.now_ns)["JobModifyIndex"])

    def job(self) -> Job:
        """Return the job as it is now."""
        job = self.store.job(KEY)
        assert job is not None
        return job

    def allocs(self, *, live: bool = True) -> list[Alloc]:
        """Return the job's allocations by name; only the wanted and not ended ones."""
        rows = self.store.allocs_of.get(KEY, {}).values()
        found = [a for a in rows if not live or not a.is_terminal]
        return sorted(found, key=lambda a: (a.name, a.create_index))

    def deployment(self) -> Deployment:
        """Return the latest deployment."""
        found = self.store.latest_deployment(KEY)
        assert found is not None
        return found

    def run_all(self) -> None:
        """Let everything pending run, and everything unwanted end."""
        reports = [
            Report(a.id, {"fn": TaskState(state=DEAD if a.desired == "stop" else RUNNING)})
            for a in self.allocs(live=False)
            if not a.has_ended
        ]
        self.cluster.watcher.take_reports(reports, self.now_ns)

    def judge_all(self, *, healthy: bool) -> None:
        """Give the same verdict on all that runs."""
        reports = [Report(a.id, healthy=healthy) for a in self.allocs()]
        self.cluster.watcher.take_reports(reports, self.now_ns)

    def settle(self) -> None:
        """Let everything run and be healthy until nothing changes any more."""
        before = -1
        while before != self.store.index:
            before = self.store.index
            if any(not a.has_ended for a in self.allocs(live=False)):
                self.run_all()
                self.judge_all(healthy=True)
            before = before if self.deployment_is_active() else self.store.index

    def deployment_is_active(self) -> bool:
        """Tell whether a rollout is under way."""
        found = self.store.latest_deployment(KEY)
        return found is not None and found.is_active

    def fail(self, alloc: Alloc) -> None:
        """Let an allocation's task end for good."""
        states = {"fn": TaskState(state=DEAD, failed=True)}
        self.cluster.watcher.take_reports([Report(alloc.id, states)], self.now_ns)

    def pass_s(self, seconds: float) -> None:
        """Let time pass, with all that is due in it done at its time."""
        end_ns = self.now_ns + int(seconds * SECOND_NS)
        while True:
            due_ns = self.cluster.next_deadline_ns()
            if due_ns is None or due_ns > end_ns:
                break
            self.now_ns = max(self.now_ns, due_ns)
            self.cluster.watcher.tick(self.now_ns)
        self.now_ns = end_ns

    def told(self, topic: str) -> list[Any]:
        """Return the rows of all events of a topic, in order."""
        batches = self.store.events.read_from(self.store.events.start) or []
        return [e.row for _, events in batches for e in events if e.topic == topic]

    def kinds(self, topic: str) -> list[str]:
        """Return the types of all events of a topic, in order."""
        batches = self.store.events.read_from(self.store.events.start) or []
        return [e.kind for _, events in batches for e in events if e.topic == topic]


def names(at: ScriptedCluster) -> list[str]:
    """Return what the live allocations are called, without the job: `.fn[0]` and so on."""
    return [a.name.removeprefix(KEY[1]) for a in at.allocs()]


def registered(at: ScriptedCluster, count: int = 1, **changes: Any) -> None:
    """Register the job with `count` instances."""
    at.register(web_job(KEY[1], count=count, **changes))
