"""What instances of a `web_job` say: the environment that they answer with, and their log."""

from typing import Any

import httpx

from support.nomad_cluster import NomadCluster, eventually, url_of

FN = "fn"


async def shown_environment(cluster: NomadCluster, alloc: dict[str, Any]) -> dict[str, str]:
    """Return the environment that the instance answers with, once it answers."""

    async def probe() -> dict[str, str] | None:
        try:
            reply = await cluster.http.get(url_of(alloc))
        except httpx.TransportError:
            return None
        return dict(reply.json())

    return dict(await eventually(probe, "the instance answers"))


async def logged(cluster: NomadCluster, job_id: str, wanted: str, kind: str = "stdout") -> str:
    """Wait until the log of the job's one instance has the text; return the log."""

    async def probe() -> str:
        for alloc in await cluster.allocs(job_id):
            reply = await cluster.http.get(
                f"/v1/client/fs/logs/{alloc['ID']}",
                params={"task": FN, "type": kind, "plain": "true"},
            )
            if reply.is_success and wanted in reply.text:
                return reply.text
        return ""

    return str(await eventually(probe, f"{wanted!r} is logged"))
