"""Nomad's check-and-set on jobs, in memory, for tests of what writes through it."""

from collections.abc import Callable
from typing import Any

from faas_nomad.clients.errors import ConflictError, NotFoundError
from faas_nomad.model.nomad import Allocation, Job, RegisterReply
from faas_nomad.state.records import JobKey


class MemoryNomad:
    """The calls that writing functions takes; `before_register` plays the other writers."""

    def __init__(self, region: str = "") -> None:
        self.region = region
        self.others: dict[str, MemoryNomad] = {}
        """Those of other regions."""
        self.jobs: dict[JobKey, Job] = {}
        self.versions: dict[JobKey, list[Job]] = {}
        self.index = 100
        self.registered = 0
        self.namespaces: dict[str, dict[str, Any]] = {"default": {"Name": "default", "Meta": None}}
        self.namespace_failure: Exception | None = None
        self.version = "1.11.1"
        self.agent_failure: Exception | None = None
        self.nodes_failure: Exception | None = None
        self.before_register: list[Callable[[], object]] = []
        self.before_log: list[Callable[[], object]] = []
        """Plays writers between Nomad's check of an index and the write."""
        self.after_register: list[Callable[[], object]] = []
        self.before_deregister: list[Callable[[], object]] = []

    def in_region(self, region: str) -> "MemoryNomad":
        return self.others.setdefault(region, MemoryNomad(region)) if region else self

    async def read_agent(self) -> dict[str, Any]:
        if self.agent_failure:
            raise self.agent_failure
        return {"config": {"Version": {"Version": self.version}}}

    async def list_nodes(self) -> list[dict[str, Any]]:
        if self.nodes_failure:
            raise self.nodes_failure
        state = {"Status": "ready", "SchedulingEligibility": "eligible"}
        drivers = {"raw_exec": {"Detected": True, "Healthy": True}}
        return [{**state, "Version": self.version, "Drivers": drivers}]

    async def read_job(self, job_id: str, namespace: str) -> Job:
        if (key := JobKey(namespace, job_id, self.region)) not in self.jobs:
            raise NotFoundError("job not found")
        return self.jobs[key]

    async def register_job(self, job: Job, *, expected_index: int) -> RegisterReply:
        if self.before_register:
            self.before_register.pop(0)()
        key = JobKey(job["Namespace"], job["ID"], self.region)
        present = self.jobs.get(key)
        if (present["JobModifyIndex"] if present else 0) != expected_index:
            raise ConflictError("Enforcing job modify index")
        if self.before_log:
            self.before_log.pop(0)()
        reply = self.put(key, job)
        if self.after_register:
            self.after_register.pop(0)()
        return reply

    async def job_versions(self, job_id: str, namespace: str) -> list[Job]:
        return self.versions[JobKey(namespace, job_id, self.region)]

    def put(self, key: JobKey, job: Job) -> RegisterReply:
        self.index += 1
        self.registered += 1
        kept = self.versions.setdefault(key, [])
        version = kept[0]["Version"] + 1 if kept and key in self.jobs else job.get("Version", 0)
        present = {"Stop": False, **job, "JobModifyIndex": self.index, "Version": version}
        self.jobs[key] = present
        kept.insert(0, present)
        return {"EvalID": "e", "JobModifyIndex": self.index}

    async def job_allocations(self, job_id: str, namespace: str) -> list[Allocation]:
        return []

    async def deregister_job(self, job_id: str, namespace: str, *, purge: bool) -> RegisterReply:
        assert purge
        if self.before_deregister:
            self.before_deregister.pop(0)()
        key = JobKey(namespace, job_id, self.region)
        if self.jobs.pop(key, None) is None:
            raise NotFoundError("Nomad knows no such job")
        self.index += 1
        return {"EvalID": "e", "JobModifyIndex": self.index}

    async def read_namespace(self, name: str) -> dict[str, Any]:
        if name not in self.namespaces:
            raise NotFoundError("Namespace not found")
        return self.namespaces[name]

    async def write_namespace(self, namespace: dict[str, Any]) -> None:
        if self.namespace_failure:
            raise self.namespace_failure
        self.namespaces[namespace["Name"]] = {"ModifyIndex": 7, **namespace}

    async def delete_namespace(self, name: str) -> None:
        if self.namespace_failure:
            raise self.namespace_failure
        del self.namespaces[name]
