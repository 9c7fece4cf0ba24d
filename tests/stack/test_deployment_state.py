"""Why a function is not ready: told by its status, its logs, a metric and, if wanted, a 503."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.functions import Functions
from support.log_reader import following
from support.service import run_service
from support.waiting import wait_until
from support.world import DOCKER, ON_RAW_EXEC, Json, World

OURS = "com.openfaas.nomad."
REASON, MESSAGE = f"{OURS}status.reason", f"{OURS}status.message"
KNOWN_WITHIN_S = 60.0
TOLD_WITHIN_S = 5.0
ON_DOCKER = pytest.mark.parametrize("world", [DOCKER], indirect=True)


@pytest.fixture
def explaining(world: World, tmp_path: Path) -> Iterator[Functions]:
    """A service that tells callers why."""
    settings = world.settings("explains-", explain_unavailable="true", scale_from_zero="false")
    with (
        run_service(tmp_path, world.nomad_url, settings) as service,
        Functions(world, service) as functions,
    ):
        service.wait_for_nomad()
        yield functions


def deploy(functions: Functions, sent: Json) -> str:
    """Deploy without waiting for a replica."""
    return functions.deploy(sent, available=0)


def told(functions: Functions, name: str, kind: str) -> str:
    """Wait until the status tells a trouble of that kind; return the message."""

    def seen() -> str:
        annotations = functions.status(name)["annotations"]
        return annotations[MESSAGE] if annotations.get(REASON) == kind else ""

    return wait_until(seen, f"the status of {name} tells {kind}", TOLD_WITHIN_S)


def nomad_knows(functions: Functions, name: str, is_it: Callable[[Json], bool]) -> None:
    """Wait until one of the function's allocations in Nomad shows it."""
    job_id = functions.job_id(name)

    def known() -> bool:
        return any(is_it(alloc) for alloc in functions.world.nomad.job.get_allocations(job_id))

    wait_until(known, f"Nomad knows it of {name}", KNOWN_WITHIN_S)


def nomad_could_not_place(functions: Functions, name: str) -> None:
    job_id = functions.job_id(name)

    def known() -> bool:
        evaluations = functions.world.nomad.job.get_evaluations(job_id)
        return any(evaluation.get("FailedTGAllocs") for evaluation in evaluations)

    wait_until(known, f"Nomad could not place {name}", KNOWN_WITHIN_S)


def event(kind: str, **details: str) -> Callable[[Json], bool]:
    """Return what looks for a task event in an allocation."""

    def is_it(alloc: Json) -> bool:
        found: list[Json] = (alloc.get("TaskStates") or {}).get("fn", {}).get("Events") or []
        return any(
            one["Type"] == kind and details.items() <= (one["Details"] or {}).items()
            for one in found
        )

    return is_it


def not_ready(functions: Functions) -> list[str]:
    """Return the metric's lines."""
    lines = functions.http.get("/metrics").text.splitlines()
    return [line for line in lines if line.startswith("faas_nomad_function_not_ready{")]


@ON_RAW_EXEC
@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"constraints": ["${attr.kernel.name} = plan9"]}, "= plan9"),
        ({"constraints": ["node.datacenter == nowhere"]}, "no ready node in the datacenters"),
        ({"limits": {"memory": "900Gi"}}, "not enough memory on 1 node"),
    ],
)
def test_what_cannot_be_placed_says_what_stands_against_it(
    functions: Functions, fields: dict[str, Any], said: str
) -> None:
    sent = functions.world.deployment(annotations={"own": "kept"}, **fields)
    name = deploy(functions, sent)
    nomad_could_not_place(functions, name)

    message = told(functions, name, "placement")

    assert said in message
    assert functions.status(name)["annotations"]["own"] == "kept"
    assert f'function_name="{name}.openfaas-fn",reason="placement"' in "".join(not_ready(functions))
    [line] = functions.http.get("/system/logs", params={"name": name}).text.splitlines()
    assert "faas-nomad: not ready: replicas cannot be placed" in line


@ON_RAW_EXEC
def test_a_function_that_becomes_ready_has_its_own_annotations_alone(functions: Functions) -> None:
    sent = functions.world.deployment(
        annotations={"own": "kept"}, constraints=["${attr.kernel.name} = plan9"]
    )
    name = deploy(functions, sent)
    told(functions, name, "placement")

    functions.sdk.update({**sent, "constraints": []})
    functions.wait_updated(name)

    assert functions.status(name)["annotations"] == {"own": "kept"}
    assert not [line for line in not_ready(functions) if name in line]


@ON_RAW_EXEC
def test_a_crash_loop_is_told_and_said_to_who_follows_the_logs(functions: Functions) -> None:
    sent = functions.world.deployment(envProcess="/bin/false")
    name = deploy(functions, sent)
    with following(functions.service.gateway_url, name=name) as reader:
        nomad_knows(functions, name, event("Terminated"))

        message = told(functions, name, "crash")

        assert message.startswith("its process ended with exit code ")
        wait_until(
            lambda: any("not ready: its process ended" in text for text in reader.texts),
            "the logs say so",
            TOLD_WITHIN_S,
        )


@ON_RAW_EXEC
def test_a_service_that_starts_later_finds_out_why(functions: Functions, tmp_path: Path) -> None:
    name = deploy(functions, functions.world.deployment(envProcess="/bin/false"))
    nomad_knows(functions, name, event("Terminated"))
    world = functions.world
    with run_service(tmp_path, world.nomad_url, world.settings("stack-")) as service:
        service.wait_for_nomad()
        with Functions(world, service) as later:

            def seen() -> bool:
                return bool(later.status(name)["annotations"].get(REASON) == "crash")

            wait_until(seen, "it has found out", 15)


@ON_RAW_EXEC
def test_callers_are_told_why_where_the_settings_allow_it(explaining: Functions) -> None:
    name = deploy(
        explaining, explaining.world.deployment(constraints=["${attr.kernel.name} = plan9"])
    )
    told(explaining, name, "placement")

    answer = explaining.invoke(name)

    assert answer.status_code == 503
    assert answer.text.startswith(
        f"No endpoints available for: {name}.openfaas-fn. replicas cannot"
    )
    assert answer.text.count("\n") == 1


@ON_RAW_EXEC
@pytest.mark.timeout(180)
def test_an_update_that_fails_goes_back_and_says_so(functions: Functions) -> None:
    quick = {
        f"{OURS}update.healthy_deadline": "5s",
        f"{OURS}update.progress_deadline": "35s",
        f"{OURS}kill_timeout": "5s",
        f"{OURS}reschedule.attempts": "0",
        f"{OURS}restart.attempts": "0",
    }
    sent = functions.world.deployment("1", annotations=quick)
    name = functions.deploy(sent)
    functions.wait_updated(name)
    job_id = functions.job_id(name)
    wait_until(
        lambda: functions.world.nomad.job.get_deployment(job_id)["Status"] == "successful",
        "the first deployment has succeeded",
        KNOWN_WITHIN_S,
    )
    with following(functions.service.gateway_url, name=name) as reader:
        functions.sdk.update({**sent, "envProcess": "/bin/false"})
        wait_until(lambda: any("rolling back" in text for text in reader.texts), "it is said", 90)
    functions.wait_updated(name)

    assert functions.status(name)["annotations"] == quick
    assert functions.echoed(name)["version"] == "1"
    assert "faas_nomad_rollbacks_total 1.0" in functions.http.get("/metrics").text


@ON_DOCKER
def test_an_image_that_cannot_be_pulled_is_told(functions: Functions) -> None:
    image = functions.world.echo.image.replace("echo:latest", "absent:1")
    name = deploy(functions, functions.world.deployment() | {"image": image})
    nomad_knows(functions, name, event("Driver Failure"))

    message = told(functions, name, "image")

    assert message.startswith("the image cannot be had: ")
    assert "absent" in message


@ON_DOCKER
def test_a_function_that_runs_out_of_memory_is_told(functions: Functions) -> None:
    sent = functions.world.deployment(limits={"memory": "20Mi"}, envVars={"EAT_MB": "200"})
    name = deploy(functions, sent)
    nomad_knows(functions, name, event("Terminated", oom_killed="true"))

    assert told(functions, name, "memory").startswith("it ran out of memory and was killed")
