"""Scaling through the official client: up, to zero, and back."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx

from support.functions import Functions
from support.waiting import wait_until


def test_a_function_scales_up_and_every_replica_gets_requests(functions: Functions) -> None:
    name = functions.deploy(functions.world.deployment())

    functions.scale(name, 3)
    functions.wait_available(name, 3)

    assert functions.status(name)["replicas"] == 3
    running = {alloc["ID"] for alloc in functions.allocations(name)}
    seen = {functions.echoed(name)["instance"] for _ in range(60)}
    assert seen == running
    assert len(running) == 3


def test_a_function_scaled_down_is_never_routed_to_what_was_stopped(functions: Functions) -> None:
    name = functions.deploy(
        functions.world.deployment(labels={"com.openfaas.scale.min": "3"}), available=3
    )

    functions.scale(name, 1)
    functions.wait_available(name, 1)

    seen = {functions.echoed(name)["instance"] for _ in range(30)}
    assert len(seen) == 1


def test_a_function_sleeps_at_zero_and_an_invocation_wakes_it(functions: Functions) -> None:
    sent = functions.world.deployment(labels={"com.openfaas.scale.min": "2"})
    name = functions.deploy(sent, available=2)

    functions.scale(name, 0)
    functions.wait_available(name, 0)
    listed = [fn["name"] for fn in functions.sdk.list().result]

    assert functions.status(name).get("replicas", 0) == 0
    assert functions.sdk.get(name).result["image"] == sent["image"]
    assert name in listed

    woken = functions.invoke(name, method="POST", content=b"good morning")
    assert (woken.status_code, woken.json()["body"]) == (200, "good morning")
    functions.wait_available(name, 2)


def test_the_job_tells_who_changed_the_count_and_why(functions: Functions) -> None:
    name = functions.deploy(functions.world.deployment())

    functions.scale(name, 0)
    assert changes(functions, name) == ("api", "asked for", "1 -> 0")

    assert functions.invoke(name).status_code == 200
    assert changes(functions, name) == ("invocation", "invoked", "0 -> 1")


def changes(functions: Functions, name: str) -> tuple[str, ...]:
    job = functions.world.nomad.job.get_job(functions.job_id(name))
    policy = job["TaskGroups"][0]["Scaling"]["Policy"]
    return tuple(policy[f"openfaas_count_{key}"] for key in ("by", "why", "change"))


def test_two_writers_at_once_never_lose_a_change(functions: Functions) -> None:
    """Another tool writes the job over and over while it is scaled: both see all they wrote.

    It may be three writes ahead, for without a pause it could be the first for ever.
    """
    name = functions.deploy(functions.world.deployment())
    job_url = f"/v1/job/{functions.job_id(name)}"
    written: list[int] = []
    may_write, is_over = threading.Semaphore(3), threading.Event()

    def write_priorities(nomad: httpx.Client) -> None:
        while may_write.acquire() and not is_over.is_set():
            job = nomad.get(job_url).json()
            priority, index = 20 + len(written) % 50, job["JobModifyIndex"]
            changed = {**job, "Priority": priority}
            body = {"Job": changed, "EnforceIndex": True, "JobModifyIndex": index}
            if nomad.post("/v1/jobs", json=body).is_success:
                written.append(priority)
            else:
                may_write.release()

    with httpx.Client(base_url=functions.world.nomad_url) as nomad, ThreadPoolExecutor() as pool:
        other = pool.submit(write_priorities, nomad)
        try:
            for replicas in itertools.islice(itertools.cycle((2, 1, 3)), 20):
                functions.scale(name, replicas)
                may_write.release()
            functions.scale(name, 2)
        finally:
            is_over.set()
            may_write.release()
        other.result()
        job = nomad.get(job_url).json()

    assert len(written) >= 10
    assert (job["TaskGroups"][0]["Count"], job["Priority"]) == (2, written[-1])


def test_scaling_to_the_same_number_makes_no_new_version(functions: Functions) -> None:
    name = functions.deploy(functions.world.deployment())
    job_id = functions.job_id(name)
    before = functions.world.nomad.job.get_job(job_id)["JobModifyIndex"]

    functions.scale(name, 1)

    assert functions.world.nomad.job.get_job(job_id)["JobModifyIndex"] == before


def test_an_update_keeps_the_number_of_replicas(functions: Functions) -> None:
    sent = functions.world.deployment("1")
    name = functions.deploy(sent)
    functions.scale(name, 2)
    functions.wait_available(name, 2)

    functions.sdk.update({**sent, "envVars": {**sent["envVars"], "VERSION": "2"}})
    functions.wait_updated(name)

    assert functions.status(name)["replicas"] == 2
    versions = [functions.echoed(name)["version"] for _ in range(10)]
    assert set(versions) == {"2"}


def test_a_function_can_be_scaled_while_it_is_being_deployed(functions: Functions) -> None:
    sent = functions.world.deployment()
    assert functions.sdk.deploy(sent).status == 202

    functions.scale(sent["service"], 2)

    functions.wait_available(sent["service"], 2)
    functions.sdk.delete(sent["service"])


def test_a_replica_that_dies_is_replaced(functions: Functions) -> None:
    name = functions.deploy(functions.world.deployment())
    before = functions.echoed(name)["started_ns"]

    functions.kill_one_replica(name)

    def replaced() -> bool:
        answer = functions.invoke(name)
        return answer.status_code == 200 and answer.json()["started_ns"] != before

    wait_until(replaced, f"{name} answers from a new process", 30)
