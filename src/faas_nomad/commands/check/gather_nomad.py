"""Asks Nomad what `judge_nomad` judges; nothing is left behind there.

Rights are tried on names that do not exist, and writes expect an index that nothing has: with the
right they fail over the index, without it they are denied first.
"""

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from faas_nomad.clients.nomad import NomadClient
from faas_nomad.commands.check.facts import Answer, NomadFacts, Problem
from faas_nomad.commands.check.gather_connection import Clock, ask, look
from faas_nomad.settings.page import Settings
from faas_nomad.wiring.nomad import nomad_client, nomad_tls

PROBE = "faas-nomad-check"
"""Of a function that nobody deploys, and with `_` behind it of a secret that nobody can make."""
_NEVER_AN_INDEX = "1"


@dataclass(frozen=True)
class _Asker:
    nomad: NomadClient
    namespace: str

    async def __call__(self, method: str, path: str, body: object = None, **params: str) -> Answer:
        backend = self.nomad.backend
        region = {"region": self.nomad.region} if self.nomad.region else {}
        query = urlencode({"namespace": self.namespace, **region, **params})
        extensions = {"sni_hostname": backend.server_name} if backend.server_name else {}
        return await ask(
            backend.client, method, f"{path}?{query}", backend.auth_headers(), extensions, body
        )


async def gather_nomad(settings: Settings, clock: Clock = time.time) -> NomadFacts:
    """Return what Nomad says; one without an answer is asked nothing more."""
    nomad = settings.nomad
    connection = await look(
        nomad.addr, nomad_tls(settings), "/v1/status/leader", nomad.timeout_s, clock
    )
    if connection.problem is not Problem.NONE:
        return NomadFacts(connection)
    client = nomad_client(settings, lambda _name, _outcome: None)
    asker = _Asker(client, nomad.namespace)
    try:
        return NomadFacts(
            connection,
            agent=await asker("GET", "/v1/agent/self"),
            nodes=await asker("GET", "/v1/nodes", resources="true"),
            namespace=await asker("GET", f"/v1/namespace/{nomad.namespace}"),
            scheduler=await asker("GET", "/v1/operator/scheduler/configuration"),
            regions=await asker("GET", "/v1/regions"),
            answers=await _probes(asker, settings.job.name_prefix),
            is_identity=is_identity(client.backend.auth_headers().get("X-Nomad-Token", "")),
        )
    finally:
        await client.backend.client.aclose()


def is_identity(token: str) -> bool:
    """Return whether a token is a JWT, as workload identities are; others are UUIDs."""
    return token.startswith("ey") and token.count(".") == 2


async def _probes(asker: _Asker, prefix: str) -> dict[str, Answer]:
    job_id = f"{prefix}{PROBE}"
    probes: dict[str, Awaitable[Answer]] = {
        "list-jobs": asker("GET", "/v1/jobs", prefix=job_id),
        "read-job": asker("GET", f"/v1/job/{job_id}"),
        "submit-job": asker("POST", f"/v1/job/{job_id}/plan", _job(job_id, asker.namespace)),
        "read-logs": _logs(asker, prefix),
    }
    for kind, path in (
        ("masters", f"openfaas/secrets/{PROBE}_"),
        ("copies", f"nomad/jobs/{job_id}"),
        ("scaling", f"openfaas/scaling/{PROBE}_"),
    ):
        url = f"/v1/var/{path}"
        items = {"Path": path, "Items": {"probe": "1"}}
        probes |= {
            f"{kind}-read": asker("GET", url),
            f"{kind}-write": asker("PUT", url, items, cas=_NEVER_AN_INDEX),
            f"{kind}-destroy": asker("DELETE", url, cas=_NEVER_AN_INDEX),
        }
    return dict(zip(probes, await asyncio.gather(*probes.values()), strict=True))


async def _logs(asker: _Asker, prefix: str) -> Answer:
    """An allocation is looked for before rights are: without one there is nothing to try."""
    found = await asker("GET", "/v1/allocations", filter=f'JobID matches "^{prefix}"')
    running = [one for one in found.body or [] if one["ClientStatus"] == "running"]
    if not running:
        return Answer(0, "no function runs")
    path = f"/v1/client/fs/logs/{running[0]['ID']}"
    return await asker(
        "GET", path, task="fn", type="stdout", plain="true", origin="end", offset="1"
    )


def _job(job_id: str, namespace: str) -> dict[str, Any]:
    task = {"Name": "fn", "Driver": "raw_exec", "Config": {"command": "/bin/true"}}
    group = {"Name": "fn", "Count": 0, "Tasks": [task]}
    job = {
        "ID": job_id,
        "Name": job_id,
        "Namespace": namespace,
        "Type": "service",
        "Datacenters": ["*"],
        "TaskGroups": [group],
    }
    return {"Job": job, "Diff": False}
