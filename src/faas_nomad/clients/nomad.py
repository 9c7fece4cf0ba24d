"""Nomad's HTTP API, the part that this project uses, asynchronous over httpx.

Sources: nomad `api/` (v1.11.1). Validation errors are status 500, a job that lost its
check-and-set too; a list's Raft index is in the header `X-Nomad-Index`.
"""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast
from urllib.parse import quote

import httpx

from faas_nomad.clients.errors import NotFoundError, UnexpectedReplyError
from faas_nomad.clients.http import Backend
from faas_nomad.model.nomad import Allocation, Job, JobStub, RegisterReply, StatusesJob

ALL_NAMESPACES = "*"
NODES_WAIT_S = 30
"""A blocking query's; servers add up to a sixteenth."""
NODES_WITHIN_S = 10.0
T = TypeVar("T")


@dataclass(frozen=True)
class Indexed(Generic[T]):
    """A list and the Raft index it was read at."""

    items: list[T]
    raft_index: int


class NomadClient:
    """One method a call; each raises `clients.errors.BackendError` and nothing else."""

    def __init__(self, backend: Backend, *, region: str = "") -> None:
        self.backend = backend
        self.region = region
        self._region = {"region": region} if region else {}

    def in_region(self, region: str) -> "NomadClient":
        """Return a client for another region, by the same agent; "" is this client's own."""
        return NomadClient(self.backend, region=region) if region else self

    async def register_job(self, job: Job, *, expected_index: int) -> RegisterReply:
        """Register `job` if its present `JobModifyIndex` is `expected_index`; 0 means it is new.

        Raises:
            ConflictError: Another writer was first, or the job exists although 0 was expected.
            InterruptedCallError: Unknown whether it was registered; read the job to learn it.
        """
        body = {"Job": job, "EnforceIndex": True, "JobModifyIndex": expected_index}
        params = {"namespace": str(job["Namespace"])}
        reply = await self._call("POST", "/v1/jobs", params, body, repeatable=False)
        return cast(RegisterReply, reply)

    async def read_job(self, job_id: str, namespace: str) -> Job:
        """Return the whole job. Raises: NotFoundError."""
        job = await self._call("GET", _job_path(job_id), {"namespace": namespace})
        return cast(Job, job)

    async def job_versions(self, job_id: str, namespace: str) -> list[Job]:
        """Return the versions that Nomad keeps, the latest first. Raises: NotFoundError."""
        path = f"{_job_path(job_id)}/versions"
        answer = await self._call("GET", path, {"namespace": namespace})
        return cast(list[Job], answer["Versions"] or [])

    async def deregister_job(self, job_id: str, namespace: str, *, purge: bool) -> RegisterReply:
        """Stop the job, with `purge` forgetting it too. Raises: NotFoundError.

        Nomad answers 200 with an empty evaluation for a job it does not know.
        """
        params = {"namespace": namespace, "purge": "true" if purge else "false"}
        reply = cast(RegisterReply, await self._call("DELETE", _job_path(job_id), params))
        if not reply.get("EvalID"):
            raise NotFoundError(f"Nomad knows no job {job_id} in namespace {namespace}")
        return reply

    async def validate_job(self, job: Job) -> str:
        """Return Nomad's objections to `job`, empty when it has none."""
        params = {"namespace": str(job["Namespace"])}
        reply = await self._call("POST", "/v1/validate/job", params, {"Job": job})
        return str(reply.get("Error") or "")

    async def plan_job(self, job: Job) -> dict[str, Any]:
        """Return what registering `job` would change and place; nothing is registered.

        Raises:
            InvalidJobError: Nomad finds the job invalid.
        """
        params = {"namespace": str(job["Namespace"])}
        body = {"Job": job, "Diff": True}
        return cast(
            dict[str, Any], await self._call("POST", f"{_job_path(job['ID'])}/plan", params, body)
        )

    async def list_jobs(self, prefix: str, namespace: str = ALL_NAMESPACES) -> Indexed[JobStub]:
        """Return the jobs whose ID begins with `prefix`, with their meta, stopped ones too."""
        params = {"namespace": namespace, "prefix": prefix, "meta": "true"}
        return await self._list("/v1/jobs", params)

    async def list_statuses(
        self, prefix: str, namespace: str = ALL_NAMESPACES
    ) -> Indexed[StatusesJob]:
        """Return counts and latest deployments.

        Raises:
            UnexpectedReplyError: This Nomad is too old to have them.
        """
        params = {"namespace": namespace, "filter": f'ID matches "^{prefix}"'}
        try:
            return await self._list("/v1/jobs/statuses", params)
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
        return await self._list("/v1/allocations", params)

    async def job_allocations(self, job_id: str, namespace: str) -> list[Allocation]:
        """Return all allocations of one job that Nomad still has, finished ones too."""
        found = await self._list(f"{_job_path(job_id)}/allocations", {"namespace": namespace})
        return cast(list[Allocation], found.items)

    async def job_evaluations(self, job_id: str, namespace: str) -> list[dict[str, Any]]:
        """Return the evaluations of one job that Nomad still has."""
        found = await self._list(f"{_job_path(job_id)}/evaluations", {"namespace": namespace})
        return found.items

    async def list_namespaces(
        self, after_index: int = 0, wait_s: float = 0.0
    ) -> Indexed[dict[str, Any]]:
        """Return the namespaces that the token can see.

        With `after_index`, answer once any namespace was written after it, or `wait_s` are over.
        """
        if not after_index:
            return await self._list("/v1/namespaces", {})
        params = {"index": str(after_index), "wait": f"{wait_s:.0f}s"}
        # Nomad waits up to a sixteenth longer, so that not all who wait come back at once.
        return await self._list("/v1/namespaces", params, timeout_s=wait_s * 1.1 + 10)

    async def read_namespace(self, name: str) -> dict[str, Any]:
        """Return a namespace. Raises: NotFoundError."""
        return cast(dict[str, Any], await self._call("GET", _namespace_path(name), {}))

    async def write_namespace(self, namespace: dict[str, Any]) -> None:
        """Create the namespace or replace it wholly; needs a management token."""
        path = _namespace_path(str(namespace["Name"]))
        await self.backend.request("PUT", path, params=self._region, json=namespace)

    async def delete_namespace(self, name: str) -> None:
        """Forget a namespace; needs a management token. Raises: RejectedError: it is in use."""
        await self.backend.request("DELETE", _namespace_path(name), params=self._region)

    async def list_nodes(self) -> list[dict[str, Any]]:
        """Return the nodes with drivers and attributes' summary; needs `node:read`."""
        found: Indexed[dict[str, Any]] = await self._list("/v1/nodes", {"resources": "true"})
        return found.items

    async def watch_nodes(self, after_index: int) -> Indexed[dict[str, Any]]:
        """Return the nodes once they differ from what `after_index` had; needs `node:read`.

        Waits for up to half a minute; 0 asks for them now.
        """
        wait = {"index": str(after_index), "wait": f"{NODES_WAIT_S}s"} if after_index else {}
        params = {**self._region, **wait}
        response = await self.backend.ask_once(
            "GET", "/v1/nodes", params=params, timeout_s=NODES_WAIT_S * 1.1 + NODES_WITHIN_S
        )
        return _indexed("/v1/nodes", response)

    async def read_agent(self) -> dict[str, Any]:
        """Return the agent's own description; needs `agent:read`."""
        return cast(dict[str, Any], await self._call("GET", "/v1/agent/self", {}))

    async def read_leader(self, *, within_s: float) -> str:
        """Return the leader's address; open to everyone, so it shows that Nomad is there."""
        response = await self.backend.request(
            "GET", "/v1/status/leader", params=self._region, timeout_s=within_s
        )
        return str(decoded_json(response))

    async def _list(
        self, path: str, params: dict[str, str], timeout_s: float | None = None
    ) -> Indexed[Any]:
        response = await self.backend.request(
            "GET", path, params={**self._region, **params}, timeout_s=timeout_s
        )
        return _indexed(path, response)

    async def _call(
        self,
        method: str,
        path: str,
        params: dict[str, str],
        body: object = None,
        *,
        repeatable: bool = True,
    ) -> Any:
        response = await self.backend.request(
            method, path, params={**self._region, **params}, json=body, repeatable=repeatable
        )
        return decoded_json(response)


def _indexed(path: str, response: httpx.Response) -> Indexed[Any]:
    items = decoded_json(response)
    if items is not None and not isinstance(items, list):
        raise UnexpectedReplyError(f"Nomad's {path} is no list")
    return Indexed(items or [], int(response.headers.get("X-Nomad-Index") or 0))


def _job_path(job_id: str) -> str:
    return f"/v1/job/{quote(job_id, safe='')}"


def _namespace_path(name: str) -> str:
    return f"/v1/namespace/{quote(name, safe='')}"


def decoded_json(response: httpx.Response) -> Any:
    """Return the answer's JSON. Raises: UnexpectedReplyError."""
    try:
        return response.json()
    except ValueError as err:
        raise UnexpectedReplyError(f"Nomad's answer to {response.url.path} is no JSON") from err
