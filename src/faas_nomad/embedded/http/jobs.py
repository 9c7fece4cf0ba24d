"""`/v1/jobs`, `/v1/job/…` and `/v1/validate/job`."""

from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from faas_nomad.embedded import planning_preview, views
from faas_nomad.embedded.alloc_views import alloc_stub
from faas_nomad.embedded.decoding import REGISTER
from faas_nomad.embedded.engine import Engine
from faas_nomad.embedded.errors import ApiError
from faas_nomad.embedded.filters import parse_filter
from faas_nomad.embedded.http.replies import (
    ANY,
    answer,
    body_of,
    flag,
    namespace_of,
    wait_for_index,
)
from faas_nomad.embedded.records import Alloc, Job, JobKey
from faas_nomad.embedded.rules import check_job, objections
from faas_nomad.embedded.rules_parts import as_text


class Jobs:
    """The job endpoints of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._store = engine.cluster.store

    def routes(self) -> list[Route]:
        """Return the routes, those with a suffix before the one that takes the whole path."""
        job = "/v1/job/{job_id:path}"
        return [
            Route("/v1/jobs", self.list_jobs, methods=["GET"]),
            Route("/v1/jobs", self.register, methods=["POST", "PUT"]),
            Route("/v1/jobs/statuses", self.list_statuses, methods=["GET", "POST"]),
            Route("/v1/validate/job", self.validate, methods=["POST", "PUT"]),
            Route(f"{job}/allocations", self.allocations, methods=["GET"]),
            Route(f"{job}/deployment", self.deployment, methods=["GET"]),
            Route(f"{job}/deployments", self.deployments, methods=["GET"]),
            Route(f"{job}/evaluations", self.evaluations, methods=["GET"]),
            Route(f"{job}/versions", self.versions, methods=["GET"]),
            Route(f"{job}/summary", self.summary, methods=["GET"]),
            Route(f"{job}/plan", self.plan, methods=["POST", "PUT"]),
            Route(job, self.read, methods=["GET"]),
            Route(job, self.register, methods=["POST", "PUT"]),
            Route(job, self.deregister, methods=["DELETE"]),
        ]

    async def list_jobs(self, request: Request) -> Response:
        """Answer the stubs of all jobs that match."""
        query = request.query_params
        await wait_for_index(request, self._engine, self._jobs_index)
        passes = parse_filter(query.get("filter") or "")
        prefix, with_meta = query.get("prefix") or "", flag(request, "meta")
        found = [
            views.job_stub(job, self._allocs_of(job), with_meta=with_meta)
            for job in self._jobs(namespace_of(request))
            if job["ID"].startswith(prefix) and passes(job)
        ]
        return answer(found, self._jobs_index())

    async def list_statuses(self, request: Request) -> Response:
        """Answer counts, instances and latest deployment of all jobs that match."""
        await wait_for_index(request, self._engine, self._jobs_index)
        passes = parse_filter(request.query_params.get("filter") or "")
        found = [
            views.job_status(job, self._allocs_of(job), self._store.latest_deployment(_key(job)))
            for job in self._jobs(namespace_of(request))
            if passes(job)
        ]
        return answer(found, max(self._jobs_index(), self._store.table_index["deployment"]))

    async def read(self, request: Request) -> Response:
        """Answer the whole job."""
        job = self._job(request)
        return answer(job, job["ModifyIndex"])

    async def register(self, request: Request) -> Response:
        """Register the posted job, under the ID of the path when there is one."""
        posted = await body_of(request, REGISTER)
        path_id = request.path_params.get("job_id")
        if path_id is not None and (posted.get("Job") or {}).get("ID") != path_id:
            raise ApiError(400, "Job ID does not match name")
        namespace = request.query_params.get("namespace") or ""
        reply = self._engine.write(
            lambda now_ns: self._engine.cluster.register(posted, namespace, now_ns)
        )
        return answer(reply, reply["Index"])

    async def deregister(self, request: Request) -> Response:
        """Stop the job, and forget it when it is to be purged."""
        key, purge = _request_key(request), flag(request, "purge")
        at_once = flag(request, "no_shutdown_delay")
        cluster = self._engine.cluster
        reply = self._engine.write(
            lambda now_ns: cluster.deregister(key, purge=purge, now_ns=now_ns, at_once=at_once)
        )
        return answer(reply, self._store.index)

    async def validate(self, request: Request) -> Response:
        """Answer what is wrong with a job."""
        posted = await body_of(request, REGISTER)
        namespace = request.query_params.get("namespace") or ""
        found = objections(self._engine.cluster.parse_job(posted, namespace))
        error = as_text(found) if found else ""
        reply = {"DriverConfigValidated": True, "Error": error, "ValidationErrors": found or None}
        return answer({**reply, "Warnings": ""})

    async def plan(self, request: Request) -> Response:
        """Answer what registering a job would do."""
        posted = await body_of(request, REGISTER)
        cluster = self._engine.cluster
        job = cluster.parse_job(posted, request.query_params.get("namespace") or "")
        if job["ID"] != request.path_params["job_id"]:
            raise ApiError(400, "Job ID does not match")
        check_job(job, cluster.namespaces.rows, frozenset((cluster.node.pool, "all")))
        return answer(planning_preview.preview(self._store, cluster.node, job))

    async def allocations(self, request: Request) -> Response:
        """Answer the stubs of the job's instances."""
        await wait_for_index(request, self._engine, self._allocs_index)
        allocs = self._store.allocs_of.get(_request_key(request), {}).values()
        node = self._engine.cluster.node
        return answer([alloc_stub(a, node) for a in allocs], self._allocs_index())

    async def deployment(self, request: Request) -> Response:
        """Answer the job's latest deployment, null when it has none."""
        await wait_for_index(request, self._engine, self._deployments_index)
        found = self._store.latest_deployment(_request_key(request))
        view = views.deployment_view(found) if found else None
        return answer(view, self._deployments_index())

    async def deployments(self, request: Request) -> Response:
        """Answer the job's deployments, the latest first."""
        rows = self._store.deployments_of.get(_request_key(request), {}).values()
        found = [views.deployment_view(row) for row in reversed(rows)]
        return answer(found, self._deployments_index())

    async def evaluations(self, request: Request) -> Response:
        """Answer the job's evaluations."""
        rows = self._store.evaluations_of.get(_request_key(request), {}).values()
        index = self._store.table_index["evals"]
        return answer([views.evaluation_view(row) for row in rows], index)

    async def versions(self, request: Request) -> Response:
        """Answer the versions kept of the job, the latest first."""
        found = self._store.versions.get(_request_key(request))
        if not found:
            raise ApiError(404, "job versions not found")
        return answer({"Diffs": None, "Versions": found}, self._jobs_index())

    async def summary(self, request: Request) -> Response:
        """Answer how many of the job's instances are in which state."""
        job = self._job(request)
        return answer(views.job_summary(job, self._allocs_of(job)), self._jobs_index())

    def _jobs(self, namespace: str) -> Iterable[Job]:
        for key, versions in sorted(self._store.versions.items()):
            if namespace in (ANY, key[0]):
                yield versions[0]

    def _job(self, request: Request) -> dict[str, Any]:
        job = self._store.job(_request_key(request))
        if job is None:
            raise ApiError(404, "job not found")
        return job

    def _allocs_of(self, job: Job) -> Iterable[Alloc]:
        return self._store.allocs_of.get(_key(job), {}).values()

    def _jobs_index(self) -> int:
        tables = self._store.table_index
        return max(tables["jobs"], tables["job_summary"])

    def _allocs_index(self) -> int:
        return self._store.table_index["allocs"]

    def _deployments_index(self) -> int:
        return self._store.table_index["deployment"]


def _key(job: Job) -> JobKey:
    return job["Namespace"], job["ID"]


def _request_key(request: Request) -> JobKey:
    return namespace_of(request), request.path_params["job_id"]
