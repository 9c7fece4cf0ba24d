"""Scaling through the official client: up, to zero, and back."""

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


def test_a_function_sleeps_at_zero_and_wakes_up(functions: Functions) -> None:
    sent = functions.world.deployment()
    name = functions.deploy(sent)

    functions.scale(name, 0)
    functions.wait_available(name, 0)
    asleep = functions.invoke(name)
    listed = [fn["name"] for fn in functions.sdk.list().result]

    assert asleep.status_code == 503
    assert asleep.headers["X-OpenFaaS-Internal"] == "proxy"
    assert functions.status(name).get("replicas", 0) == 0
    assert functions.sdk.get(name).result["image"] == sent["image"]
    assert name in listed

    functions.scale(name, 1)
    functions.wait_available(name, 1)
    assert functions.invoke(name).status_code == 200


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
