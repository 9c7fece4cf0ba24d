"""A Nomad of few jobs in memory: what was written, what its lists say, and what its stream told.

It does what Nomad does with jobs, allocations and deployments as far as a picture of functions
can tell: indexes, versions, and which change is told by which event. A purge takes allocations out
with the job, and no event tells of them.
"""

from copy import deepcopy
from typing import Any, cast

from faas_nomad.model.nomad import Allocation, Event, JobStub, StatusesJob
from support.nomad_shapes import allocation, event, job_event, whole_job

Row = dict[str, Any]
_LIVE = ("pending", "running")


class NomadModel:
    """Every change is one index and one batch of events."""

    def __init__(self) -> None:
        self.index = 10
        self.jobs: dict[str, Row] = {}
        self.allocations: dict[str, Row] = {}
        """By ID; each has its job's meta when it was placed under `Placed`."""
        self.deployments: dict[str, Row] = {}
        """The latest of each job."""
        self.began: dict[str, int] = {}
        """The version from which on each job is wanted, and a function's."""
        self.batches: list[list[Event]] = []
        self._indexes = {"jobs": 10, "allocs": 10, "deployments": 10}
        self._made = 0

    def write_job(self, name: str, *, count: int, spec: str, is_ours: bool = True) -> Row:
        """Register a job, by deploy, update, scale, revert or hand."""
        present = self.jobs.get(name)
        at = self._next("jobs")
        version = present["Version"] + 1 if present else 0
        meta = {"service": name, "spec": spec} if is_ours else {"spec": spec}
        job = whole_job(name, count=count, version=version, index=at) | {"Meta": meta}
        if present is None or present["Stop"] or "service" not in present["Meta"]:
            self.began[name] = version
        self.jobs[name] = job
        self._tell(job_event(deepcopy(job), index=at))
        return job

    def stop(self, name: str) -> int:
        """Stop a job and keep it."""
        at = self._next("jobs")
        job = self.jobs[name]
        self.jobs[name] = job | {"Stop": True, "Version": job["Version"] + 1, "JobModifyIndex": at}
        self._tell(job_event(deepcopy(self.jobs[name]), index=at, kind="JobDeregistered"))
        return at

    def purge(self, name: str) -> int:
        """Forget a job and all it had."""
        at = self._next("jobs")
        job = self.jobs.pop(name)
        self.deployments.pop(name, None)
        gone = [id_ for id_, one in self.allocations.items() if one["JobID"] == job["ID"]]
        for id_ in gone:
            del self.allocations[id_]
        self._indexes["allocs"] = at if gone else self._indexes["allocs"]
        self._tell(job_event(job, index=at, kind="JobDeregistered"))
        return at

    def plan(self, name: str) -> None:
        """Place what the job lacks, stop what it has too much, by one deployment a version."""
        job = self.jobs[name]
        wanted = 0 if job["Stop"] else job["TaskGroups"][0]["Count"]
        keep, stop = self._sorted_out(name, wanted)
        in_place = [id_ for id_ in keep if self.allocations[id_]["JobVersion"] != job["Version"]]
        if not stop and not in_place and len(keep) == wanted:
            return
        at = self._next("allocs")
        told = [self._deployment(name, job["Version"], at)] if len(keep) < wanted else []
        placed = [self._place(name, job, at) for _ in range(wanted - len(keep))]
        for id_ in stop:
            self.allocations[id_] |= {"DesiredStatus": "stop", "ModifyIndex": at}
        for id_ in in_place:
            self.allocations[id_] |= {"JobVersion": job["Version"], "ModifyIndex": at}
        told += [self._told(id_, "PlanResult") for id_ in (*placed, *stop, *in_place)]
        self._tell(*told)

    def client_says(self, id_: str, status: str) -> None:
        """A node tells how a replica is."""
        at = self._next("allocs")
        self.allocations[id_] |= {"ClientStatus": status, "ModifyIndex": at}
        self._indexes["jobs"] = at  # its summary changes with it
        self._tell(self._told(id_, "AllocationUpdated"))

    def is_well(self, id_: str, *, healthy: bool) -> None:
        """Nomad's verdict on a replica."""
        at = self._next("allocs")
        verdict = {"Healthy": healthy, "Canary": False}
        self.allocations[id_] |= {"DeploymentStatus": verdict, "ModifyIndex": at}
        self._tell(self._told(id_, "DeploymentAllocHealth"))

    def end_deployment(self, name: str, status: str) -> None:
        """The latest deployment of a job has ended."""
        at = self._next("deployments")
        self.deployments[name] |= {"Status": status, "ModifyIndex": at}
        deployment = dict(self.deployments[name])
        self._tell(event("Deployment", "DeploymentStatusUpdate", deployment, index=at))

    def saved(self) -> "NomadModel":
        """Return a Nomad with what this one has now, and nothing in its stream."""
        other = deepcopy(self)
        other.batches = []
        return other

    def alive(self) -> list[str]:
        """Return the replicas that have not ended."""
        return [id_ for id_, one in self.allocations.items() if one["ClientStatus"] in _LIVE]

    def list_jobs(self) -> tuple[list[JobStub], int]:
        """Return what `/v1/jobs` says, and its index."""
        stubs: list[JobStub] = [
            {
                "ID": job["ID"],
                "Namespace": job["Namespace"],
                "Meta": dict(job["Meta"]),
                "Stop": job["Stop"],
                "Status": "running",
                "Version": job["Version"],
                "JobModifyIndex": job["JobModifyIndex"],
                "ModifyIndex": job["JobModifyIndex"],
            }
            for job in self.jobs.values()
        ]
        return stubs, self._indexes["jobs"]

    def list_statuses(self) -> tuple[list[StatusesJob], int]:
        """Return what `/v1/jobs/statuses` says, and its index."""
        found: list[StatusesJob] = [
            {
                "ID": job["ID"],
                "Namespace": job["Namespace"],
                "GroupCountSum": job["TaskGroups"][0]["Count"],
                "Version": job["Version"],
                "Stop": job["Stop"],
                "LatestDeployment": deepcopy(self.deployments.get(name)),  # type: ignore[typeddict-item]
            }
            for name, job in self.jobs.items()
        ]
        return found, self.index

    def list_allocations(self) -> tuple[list[Allocation], int]:
        """Return the live ones of `/v1/allocations`, and its index."""
        found = [deepcopy(self.allocations[id_]) for id_ in self.alive()]
        return cast(list[Allocation], found), self._indexes["allocs"]

    def _next(self, table: str) -> int:
        self.index += 1
        self._indexes[table] = self.index
        return self.index

    def _tell(self, *events: Event) -> None:
        self.batches.append(list(events))

    def _sorted_out(self, name: str, wanted: int) -> tuple[list[str], list[str]]:
        job = self.jobs[name]
        running = [
            id_
            for id_ in self.alive()
            if self.allocations[id_]["JobID"] == job["ID"]
            and self.allocations[id_]["DesiredStatus"] == "run"
        ]
        same = [id_ for id_ in running if self.allocations[id_]["Placed"] == job["Meta"]]
        keep = same[:wanted]
        return keep, [id_ for id_ in running if id_ not in keep]

    def _place(self, name: str, job: Row, at: int) -> str:
        self._made += 1
        deployment = self.deployments[name]["ID"]
        id_ = f"{name}{self._made}"
        made = allocation(
            id_,
            name,
            status="pending",
            index=at,
            version=job["Version"],
            port=20_000 + self._made,
            deployment=deployment,
        )
        self.allocations[id_] = {**made, "Placed": dict(job["Meta"])}
        return id_

    def _deployment(self, name: str, version: int, at: int) -> Event:
        self._made += 1
        self._indexes["deployments"] = at
        self.deployments[name] = {
            "ID": f"d{self._made}",
            "JobID": f"openfaas-{name}",
            "Namespace": "default",
            "JobVersion": version,
            "Status": "running",
            "StatusDescription": "",
            "ModifyIndex": at,
        }
        return event("Deployment", "PlanResult", dict(self.deployments[name]), index=at)

    def _told(self, id_: str, kind: str) -> Event:
        """Return an event, which has no version of the job."""
        found = deepcopy(self.allocations[id_])
        found.pop("JobVersion", None)
        return event("Allocation", kind, found, index=found["ModifyIndex"], key=id_)
