"""With ACLs on: what a function's own workload identity may read, and what the service may.

The service's rights are those of the policy file in `provisioning/nomad`.
"""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from faas_nomad.clients.errors import DeniedError
from faas_nomad.clients.nomad_registry_logins import NomadLogins
from faas_nomad.clients.nomad_secret_copies import SecretCopies
from faas_nomad.clients.nomad_secrets import NomadSecretStore
from faas_nomad.clients.nomad_variables import NomadVariables
from faas_nomad.clients.secret_store import SecretUser
from faas_nomad.translate.jobs import job_from_deployment
from faas_nomad.translate.policy import EmbeddedWatchdog, JobPolicy
from faas_nomad.translate.registry_logins import RegistryLogin, login_path
from faas_nomad.translate.secret_variables import copy_paths, master_path
from faas_nomad.watchdog.build import zipapp_bytes
from support.deployments import deployment
from support.nomad_agent import NomadAgent, run_nomad_agent
from support.nomad_binary import require_nomad
from support.nomad_cluster import (
    NomadCluster,
    connect,
    eventually,
    url_of,
    wait_until_idle,
)

pytestmark = pytest.mark.real

POLICY = Path(__file__).parents[2] / "provisioning" / "nomad" / "faas-nomad.policy.hcl"
A, B = "openfaas-a", "openfaas-b"


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NomadAgent]:
    with run_nomad_agent(require_nomad(), tmp_path_factory.mktemp("nomad"), acl=True) as found:
        yield found
        wait_until_idle(found.address, found.token)


@pytest.fixture(scope="module")
def token(agent: NomadAgent) -> str:
    """A token with the rights of the policy file and no others."""
    with httpx.Client(
        base_url=agent.address, headers={"X-Nomad-Token": agent.token}, timeout=10
    ) as nomad:
        policy = {"Name": "faas-nomad", "Rules": POLICY.read_text()}
        assert nomad.put("/v1/acl/policy/faas-nomad", json=policy).status_code == 200
        body = {"Name": "test", "Type": "client", "Policies": ["faas-nomad"]}
        secret: str = nomad.put("/v1/acl/token", json=body).json()["SecretID"]
    return secret


@pytest.fixture
async def cluster(agent: NomadAgent, token: str) -> AsyncIterator[NomadCluster]:
    handles = connect(agent.address, is_real=True, token=token)
    yield handles
    await handles.clean_up()
    await handles.http.aclose()
    await handles.client.backend.client.aclose()


@pytest.fixture
def store(cluster: NomadCluster) -> NomadSecretStore:
    variables = NomadVariables(cluster.client.backend)
    return NomadSecretStore(variables, SecretCopies(variables))


async def identity_of(cluster: NomadCluster, store: NomadSecretStore, job_id: str) -> str:
    """Deploy a function with its one secret and give it what ours never have: its token."""
    name = job_id.removeprefix("openfaas-")
    job = job_from_deployment(
        deployment(service=name, envProcess="env", secrets=[name]),
        JobPolicy(driver="raw_exec", watchdog=EmbeddedWatchdog(zipapp_bytes())),
        nomad_namespace="default",
        job_id=job_id,
        count=1,
        created_ns=1,
        secrets=await store.prepare("default", job_id, [name]),
    )
    job["TaskGroups"][0]["Tasks"][0]["Identity"] = {"Env": True}
    await cluster.register(job)
    [alloc] = await cluster.running(job_id, 1)
    environment = await eventually(lambda: environment_of(url_of(alloc)), f"{name} answers")
    return str(environment["NOMAD_TOKEN"])


async def environment_of(url: str) -> dict[str, str] | None:
    async with httpx.AsyncClient(timeout=10) as client:
        try:
            text = (await client.get(url)).text
        except httpx.TransportError:
            return None
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


async def test_a_function_s_identity_reads_its_own_secrets_and_no_others(
    cluster: NomadCluster, store: NomadSecretStore
) -> None:
    await store.create("default", "a", b"of-a")
    await store.create("default", "b", b"of-b")
    of_a, of_b = await asyncio.gather(
        identity_of(cluster, store, A), identity_of(cluster, store, B)
    )

    async def read(path: str, token: str) -> int:
        headers = {"X-Nomad-Token": token}
        return (await cluster.http.get(f"/v1/var/{path}", headers=headers)).status_code

    own, other = copy_paths(A)[0], copy_paths(B)[0]
    assert await read(own, of_a) == 200
    assert await read(other, of_b) == 200
    assert await read(other, of_a) == 403
    assert await read(own, of_b) == 403
    for identity in (of_a, of_b, ""):
        for name in ("a", "b"):
            assert await read(master_path(name), identity) == 403
    listed = await cluster.http.get("/v1/vars", headers={"X-Nomad-Token": of_a})
    assert {row["Path"] for row in listed.json() or []} <= {own}


async def test_a_function_s_identity_reads_no_other_s_registry_login(
    cluster: NomadCluster, store: NomadSecretStore
) -> None:
    logins = NomadLogins(NomadVariables(cluster.client.backend), "openfaas-")
    await logins.keep("default", "openfaas-f", RegistryLogin("u", "p"))
    await store.create("default", "e", b"of-e")
    of_e = await identity_of(cluster, store, "openfaas-e")

    for job_id, status in (("openfaas-e", 404), ("openfaas-f", 403)):
        headers = {"X-Nomad-Token": of_e}
        reply = await cluster.http.get(f"/v1/var/{login_path(job_id)}", headers=headers)
        assert reply.status_code == status
    assert await logins.jobs("default") == ["openfaas-f"]
    await logins.forget("default", "openfaas-f")
    assert await logins.jobs("default") == []


def test_the_provisioning_script_binds_the_policy_to_our_job_and_changes_nothing_again(
    agent: NomadAgent,
) -> None:
    first, second = (provisioned(agent), provisioned(agent))

    assert first["JobACL"] == {"Namespace": "platform", "JobID": "own-job", "Group": "", "Task": ""}
    assert first["Rules"] == POLICY.read_text()
    index = ("CreateIndex", "ModifyIndex", "Hash")
    assert {k: v for k, v in first.items() if k not in index} == {
        k: v for k, v in second.items() if k not in index
    }
    assert first["Hash"] == second["Hash"]


def provisioned(agent: NomadAgent) -> dict[str, Any]:
    """Run the script as an operator would and return the policy that it made."""
    environment = {
        "PATH": f"{require_nomad().parent}:{os.environ['PATH']}",
        "NOMAD_ADDR": agent.address,
        "NOMAD_TOKEN": agent.token,
    }
    command = [str(POLICY.parent / "apply.sh"), "platform", "own-job"]
    headers = {"X-Nomad-Token": agent.token}
    httpx.put(f"{agent.address}/v1/namespace/platform", json={"Name": "platform"}, headers=headers)
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=30)
    reply = httpx.get(f"{agent.address}/v1/acl/policy/own-job", headers=headers)
    policy: dict[str, Any] = reply.json()
    return policy


async def test_a_function_cannot_write_even_its_own_copy(
    cluster: NomadCluster, store: NomadSecretStore
) -> None:
    await store.create("default", "c", b"of-c")
    identity = await identity_of(cluster, store, "openfaas-c")

    reply = await cluster.http.put(
        f"/v1/var/{copy_paths('openfaas-c')[0]}",
        json={"Items": {"c": "eA=="}},
        headers={"X-Nomad-Token": identity},
    )

    assert reply.status_code == 403


async def test_our_jobs_give_functions_no_token(
    cluster: NomadCluster, store: NomadSecretStore
) -> None:
    job = job_from_deployment(
        deployment(service="d", envProcess="env"),
        JobPolicy(driver="raw_exec", watchdog=EmbeddedWatchdog(zipapp_bytes())),
        nomad_namespace="default",
        job_id="openfaas-d",
        count=1,
        created_ns=1,
    )
    await cluster.register(job)
    [alloc] = await cluster.running("openfaas-d", 1)

    environment: Any = await eventually(lambda: environment_of(url_of(alloc)), "d answers")

    assert "NOMAD_TOKEN" not in environment


async def test_the_policy_file_has_the_rights_that_secrets_take_and_no_more(
    store: NomadSecretStore, cluster: NomadCluster
) -> None:
    variables = NomadVariables(cluster.client.backend)
    await store.create("default", "p", b"1")
    await store.prepare("default", "openfaas-p", ["p"])
    await store.update("default", "p", b"2", [SecretUser("openfaas-p", ["p"])])
    assert "p" in await store.names("default")
    await store.release("default", "openfaas-p")
    await store.delete("default", "p")

    for path in ("own/thing", "nomad/jobs/other", "openfaas/other"):
        with pytest.raises(DeniedError):
            await variables.put("default", path, {"a": "b"}, expected_index=0)
