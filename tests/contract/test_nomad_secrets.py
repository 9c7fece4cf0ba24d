"""Secrets in Nomad's variables and in functions' files, on both servers."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import pytest

from faas_nomad.clients.nomad_secret_copies import SecretCopies
from faas_nomad.clients.nomad_secrets import NomadSecretStore
from faas_nomad.clients.nomad_variables import NomadVariables
from faas_nomad.clients.secret_store import NoSuchSecretError, SecretExistsError, SecretUser
from faas_nomad.translate.jobs import job_from_deployment
from faas_nomad.translate.policy import EmbeddedWatchdog, JobPolicy
from faas_nomad.translate.secret_variables import (
    MARK,
    MAX_VALUE_BYTES,
    VALUE,
    copy_paths,
    master_path,
)
from faas_nomad.watchdog.build import zipapp_bytes
from support.deployments import deployment
from support.nomad_cluster import NomadCluster, eventually, url_of

RENDERED_WITHIN_S = 15.0
SCRIPT = Path(__file__).parent / "show_secret.sh"
VALUES = {
    "text": b"line one\nline two\n",
    "binary.bin": bytes(range(256)) * 4,
    "empty": b"",
    "a.b-c.d": b"\0",
    "large": os.urandom(MAX_VALUE_BYTES),
    "second": os.urandom(48_000),
}


@pytest.fixture
async def store(cluster: NomadCluster) -> AsyncIterator[NomadSecretStore]:
    """A store whose variables are gone after the test."""
    variables = NomadVariables(cluster.client.backend)
    yield NomadSecretStore(variables, SecretCopies(variables))
    for prefix in ("openfaas/secrets/", "nomad/jobs/openfaas-t"):
        for stub in await variables.list(prefix):
            await variables.delete(stub.namespace, stub.path, expected_index=stub.modify_index)


async def run_cat(
    cluster: NomadCluster,
    store: NomadSecretStore,
    job_id: str,
    names: Sequence[str],
    annotations: dict[str, str] | None = None,
) -> str:
    """Register a function that shows the file it is asked for; return its address."""
    fn = deployment(
        service=job_id.removeprefix("openfaas-"),
        envProcess=f"sh {SCRIPT}",
        secrets=list(names),
        annotations=annotations or {},
    )
    job = job_from_deployment(
        fn,
        JobPolicy(driver="raw_exec", watchdog=EmbeddedWatchdog(zipapp_bytes())),
        nomad_namespace="default",
        job_id=job_id,
        count=1,
        created_ns=1,
        secrets=await store.prepare("default", job_id, names),
    )
    await cluster.register(job)
    [alloc] = await cluster.running(job_id, 1)
    return url_of(alloc)


async def content(url: str, name: str) -> bytes | None:
    """Return the file's bytes as the function finds them; None while it does not answer."""
    async with httpx.AsyncClient(timeout=10) as client:
        try:
            answer = await client.post(url, content=f"{name}\n".encode())
        except httpx.TransportError:
            return None
    return answer.content if answer.status_code == 200 else None


async def shows(url: str, name: str, wanted: bytes) -> None:
    async def probe() -> bool:
        return await content(url, name) == wanted

    await eventually(probe, f"the function reads the new {name}", RENDERED_WITHIN_S)


async def test_a_function_reads_every_secret_byte_for_byte(
    cluster: NomadCluster, store: NomadSecretStore, job_id: str
) -> None:
    for name, value in VALUES.items():
        await store.create("default", name, value)

    url = await run_cat(cluster, store, job_id, list(VALUES))

    for name, value in VALUES.items():
        await shows(url, name, value)


async def test_a_new_value_reaches_a_running_function_without_a_restart(
    cluster: NomadCluster, store: NomadSecretStore, job_id: str
) -> None:
    await store.create("default", "a", b"one")
    await store.create("default", "b", b"same")
    url = await run_cat(cluster, store, job_id, ["a", "b"])
    await shows(url, "a", b"one")

    await store.update("default", "a", b"two", [SecretUser(job_id, ["a", "b"])])

    await shows(url, "a", b"two")
    assert await content(url, "b") == b"same"
    [alloc] = await cluster.running(job_id, 1)
    assert url_of(alloc) == url


async def test_a_new_value_signals_a_function_that_asked_for_it(
    cluster: NomadCluster, store: NomadSecretStore, job_id: str
) -> None:
    """The watchdog outlives the signal: a program without a server reads anew anyhow."""
    await store.create("default", "a", b"one")
    asked = {"com.openfaas.nomad.secrets.change_mode": "signal"}
    url = await run_cat(cluster, store, job_id, ["a"], asked)
    await shows(url, "a", b"one")

    await store.update("default", "a", b"two", [SecretUser(job_id, ["a"])])

    async def signalled() -> bool:
        [alloc] = await cluster.running(job_id, 1)
        events = alloc["TaskStates"]["fn"]["Events"]
        return [event["Type"] for event in events].count("Signaling") == 1

    await eventually(signalled, "the task is signalled once")
    await shows(url, "a", b"two")
    [alloc] = await cluster.running(job_id, 1)
    assert alloc["TaskStates"]["fn"]["Restarts"] == 0


async def test_a_deleted_secret_stays_in_the_functions_that_have_it(
    cluster: NomadCluster, store: NomadSecretStore, job_id: str
) -> None:
    await store.create("default", "a", b"one")
    url = await run_cat(cluster, store, job_id, ["a"])
    await shows(url, "a", b"one")

    await store.delete("default", "a")

    assert await store.names("default") == []
    assert await content(url, "a") == b"one"


async def test_a_missing_item_fails_the_task_in_place_of_an_empty_file(
    cluster: NomadCluster, store: NomadSecretStore, job_id: str
) -> None:
    await store.create("default", "a", b"one")
    await store.prepare("default", job_id, ["a"])
    path = copy_paths(job_id)[0]
    await cluster.http.put(f"/v1/var/{path}", json={"Items": {"other": "eA==", MARK: "1"}})
    job = job_from_deployment(
        deployment(service=job_id.removeprefix("openfaas-"), secrets=["a"]),
        JobPolicy(driver="raw_exec", watchdog=EmbeddedWatchdog(zipapp_bytes())),
        nomad_namespace="default",
        job_id=job_id,
        count=1,
        created_ns=1,
    )
    await cluster.register(job)

    async def failed() -> bool:
        events = [
            event
            for alloc in await cluster.allocs(job_id)
            for state in (alloc["TaskStates"] or {}).values()
            for event in state["Events"] or []
        ]
        return "out of range" in json.dumps(events)

    await eventually(failed, "the task fails by its template")


async def test_a_secret_is_made_once_and_only_what_exists_is_changed(
    store: NomadSecretStore,
) -> None:
    await store.create("default", "a", b"one")

    with pytest.raises(SecretExistsError):
        await store.create("default", "a", b"two")
    with pytest.raises(NoSuchSecretError):
        await store.update("default", "b", b"two", [])
    with pytest.raises(NoSuchSecretError):
        await store.delete("default", "b")


async def test_namespaces_have_secrets_of_the_same_name(
    cluster: NomadCluster, store: NomadSecretStore, job_id: str
) -> None:
    await cluster.http.put(f"/v1/namespace/{job_id}", json={"Name": job_id})
    await store.create("default", "a", b"one")
    await store.create(job_id, "a", b"two")

    assert await store.names("default") == ["a"]
    assert await store.names(job_id) == ["a"]
    await store.delete(job_id, "a")
    assert await store.names("default") == ["a"]


async def test_a_second_client_finds_what_the_layout_says(
    cluster: NomadCluster, store: NomadSecretStore, job_id: str
) -> None:
    await store.create("default", "tls.crt", b"one")
    await store.create("default", "empty", b"")
    await store.prepare("default", job_id, ["tls.crt", "empty"])

    read = cluster.second.variable.get_variable
    master = await asyncio.to_thread(read, master_path("tls.crt"))
    copy = await asyncio.to_thread(read, copy_paths(job_id)[0])

    assert master["Items"] == {VALUE: "b25l"}
    assert copy["Items"] == {"tls.crt": "b25l", "empty": "\n", MARK: "1"}
    await store.release("default", job_id)
    listed = await asyncio.to_thread(cluster.second.variables.get_variables, "nomad/jobs/" + job_id)
    assert listed == []


async def test_writers_at_the_same_time_leave_masters_and_copies_the_same(
    cluster: NomadCluster, store: NomadSecretStore, job_id: str
) -> None:
    await store.create("default", "a", b"0")
    await store.prepare("default", job_id, ["a"])
    variables = NomadVariables(cluster.client.backend)
    another = NomadSecretStore(variables, SecretCopies(variables))

    await asyncio.gather(
        *(
            one.update("default", "a", str(number).encode(), [SecretUser(job_id, ["a"])])
            for number in range(4)
            for one in (store, another)
        )
    )

    master = await variables.find("default", master_path("a"))
    copy = await variables.find("default", copy_paths(job_id)[0])
    assert copy.items["a"] == master.items[VALUE]
