"""Nomad's jobs, their counts, allocations and evaluations."""

from typing import Any
from urllib.parse import quote

from faas_nomad.clients.errors import NotFoundError, UnexpectedReplyError
from faas_nomad.clients.nomad_calls import ALL_NAMESPACES, Indexed, NomadCalls
from faas_nomad.clients.shapes import Shape
from faas_nomad.model.nomad import (
    Allocation,
    Job,
    JobStub,
    JobVersions,
    ReadJob,
    RegisterReply,
    StatusesJob,
)
from faas_nomad.model.nomad_events import Evaluation

_JOB: Shape[Job] = Shape(ReadJob)
_VERSIONS: Shape[dict[str, list[Job] | None]] = Shape(JobVersions)
_JOBS: Shape[list[JobStub]] = Shape(list[JobStub])
_STATUSES: Shape[list[StatusesJob]] = Shape(list[StatusesJob])
_ALLOCATIONS: Shape[list[Allocation]] = Shape(list[Allocation])
_EVALUATIONS: Shape[list[dict[str, Any]]] = Shape(list[Evaluation])
_REGISTERED: Shape[RegisterReply] = Shape(RegisterReply)
_PLAN: Shape[dict[str, Any]] = Shape(dict[str, Any])


class JobCalls(NomadCalls):
    """Reads and writes of jobs; validation errors and lost check-and-sets are status 500."""

    async def register_job(self, job: Job, *, expected_index: int) -> RegisterReply:
        """Register `job` if its present `JobModifyIndex` is `expected_index`; 0 means it is new.

        Raises:
            ConflictError: Another writer was first, or the job exists although 0 was expected.
            InterruptedCallError: Unknown whether it was registered; read the job to learn it.
        """
        body = {"Job": job, "EnforceIndex": True, "JobModifyIndex": expected_index}
        params = {"namespace": str(job["Namespace"])}
        return await self._call("POST", "/v1/jobs", params, _REGISTERED, body, repeatable=False)

    async def read_job(self, job_id: str, namespace: str) -> Job:
        """Return the whole job. Raises: NotFoundError."""
        return await self._call("GET", _job_path(job_id), {"namespace": namespace}, _JOB)

    async def job_versions(self, job_id: str, namespace: str) -> list[Job]:
        """Return the versions that Nomad keeps, the latest first. Raises: NotFoundError."""
        path = f"{_job_path(job_id)}/versions"
        answer = await self._call("GET", path, {"namespace": namespace}, _VERSIONS)
        return answer["Versions"] or []

    async def deregister_job(self, job_id: str, namespace: str, *, purge: bool) -> RegisterReply:
        """Stop the job, with `purge` forgetting it too.

        Nomad answers 200 with an empty evaluation for a job it does not know.

        Raises:
            NotFoundError: There is no such job.
            InterruptedCallError: Unknown whether it was stopped; read the job to learn it.
        """
        path = _job_path(job_id)
        params = {"namespace": namespace, "purge": "true" if purge else "false"}
        reply = await self._call("DELETE", path, params, _REGISTERED, repeatable=False)
        if not reply.get("EvalID"):
            raise NotFoundError(f"Nomad knows no job {job_id} in namespace {namespace}")
        return reply

    async def plan_job(self, job: Job) -> dict[str, Any]:
        """Return what registering `job` would change and place; nothing is registered.

        Raises:
            InvalidJobError: Nomad finds the job invalid.
        """
        params = {"namespace": str(job["Namespace"])}
        body = {"Job": job, "Diff": True}
        return await self._call("POST", f"{_job_path(job['ID'])}/plan", params, _PLAN, body)

    async def list_jobs(self, prefix: str, namespace: str = ALL_NAMESPACES) -> Indexed[JobStub]:
        """Return the jobs whose ID begins with `prefix`, with their meta, stopped ones too."""
        params = {"namespace": namespace, "prefix": prefix, "meta": "true"}
        return await self._list("/v1/jobs", params, _JOBS)

    async def list_statuses(
        self, prefix: str, namespace: str = ALL_NAMESPACES
    ) -> Indexed[StatusesJob]:
        """Return counts and latest deployments.

        Raises:
            UnexpectedReplyError: This Nomad is too old to have them.
        """
        params = {"namespace": namespace, "filter": f'ID matches "^{prefix}"'}
        try:
            return await self._list("/v1/jobs/statuses", params, _STATUSES)
        except NotFoundError as err:
            raise UnexpectedReplyError(
                "Nomad has no /v1/jobs/statuses: 1.8.2 or later is needed"
            ) from err

    async def list_allocations(
        self, prefix: str, namespace: str = ALL_NAMESPACES
    ) -> Indexed[Allocation]:
        """Return the live allocations of jobs that begin with `prefix`, with their ports."""
        live = 'ClientStatus == "running" or ClientStatus == "pending"'
        params = {
            "namespace": namespace,
            "resources": "true",
            "task_states": "false",
            "filter": f'JobID matches "^{prefix}" and ({live})',
        }
        return await self._list("/v1/allocations", params, _ALLOCATIONS)

    async def job_allocations(self, job_id: str, namespace: str) -> list[Allocation]:
        """Return all allocations of one job that Nomad still has, finished ones too."""
        path = f"{_job_path(job_id)}/allocations"
        return (await self._list(path, {"namespace": namespace}, _ALLOCATIONS)).items

    async def job_evaluations(self, job_id: str, namespace: str) -> list[dict[str, Any]]:
        """Return the evaluations of one job that Nomad still has."""
        path = f"{_job_path(job_id)}/evaluations"
        return (await self._list(path, {"namespace": namespace}, _EVALUATIONS)).items


def _job_path(job_id: str) -> str:
    return f"/v1/job/{quote(job_id, safe='')}"
