"""The docker driver's Config."""

from typing import Any

import pytest

from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.policy import SAFE_CONTAINER_OPTIONS
from support.deployments import OURS, deployment, policy, task_of


def config(settings: Any = None, **options: str) -> dict[str, Any]:
    named = {f"{OURS}docker.{name}": text for name, text in options.items()}
    found: dict[str, Any] = task_of(deployment(annotations=named), settings or policy())["Config"]
    return found


def test_options_are_read_by_their_kind() -> None:
    tuned = config(
        args="-a 'b c'",
        cap_add="net_bind_service, chown",
        cap_drop="net_raw",
        command="/run",
        entrypoint="/bin/sh -c",
        extra_hosts="db:10.0.0.1",
        init="true",
        pids_limit="1000",
        ulimit="nofile=1024:2048,nproc=64",
        work_dir="/home/app",
    )

    expected: dict[str, Any] = {
        "args": ["-a", "b c"],
        "cap_add": ["net_bind_service", "chown"],
        "cap_drop": ["net_raw"],
        "command": "/run",
        "entrypoint": ["/bin/sh", "-c"],
        "extra_hosts": ["db:10.0.0.1"],
        "init": True,
        "pids_limit": 1000,
        "ulimit": [{"nofile": "1024:2048", "nproc": "64"}],
        "work_dir": "/home/app",
    }
    assert {name: tuned[name] for name in expected} == expected


def test_no_option_is_evaluated() -> None:
    tuned = config(command="${NOMAD_TOKEN}", args="%{if}", ulimit="a=${x}", extra_hosts="${y}")

    assert tuned["command"] == "$${NOMAD_TOKEN}"
    assert tuned["args"] == ["%%{if}"]
    assert tuned["ulimit"] == [{"a": "$${x}"}]
    assert tuned["extra_hosts"] == ["$${y}"]


def test_an_image_is_not_evaluated() -> None:
    assert task_of(deployment(image="a${x}%{y}"))["Config"]["image"] == "a$${x}%%{y}"


@pytest.mark.parametrize(
    "name", ["privileged", "volumes", "nonsense", "security_opt", "network_mode"]
)
def test_an_option_that_is_not_allowed_is_refused_with_those_that_are(name: str) -> None:
    with pytest.raises(InvalidDeploymentError) as refused:
        config(**{name: "x"})

    assert refused.value.value == f"{OURS}docker.{name}"
    assert "pids_limit" in refused.value.expected


def test_the_installation_may_allow_more() -> None:
    settings = policy(container_options=SAFE_CONTAINER_OPTIONS | {"security_opt", "privileged"})

    assert config(settings, security_opt="a=b")["security_opt"] == ["a=b"]
    with pytest.raises(InvalidDeploymentError):
        config(settings, privileged="true")


@pytest.mark.parametrize(
    ("name", "text"),
    [("init", "x"), ("pids_limit", "0"), ("cap_add", "a,,b"), ("ulimit", "nofile"), ("args", "'")],
)
def test_an_option_that_cannot_be_read_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(InvalidDeploymentError) as refused:
        config(**{name: text})

    assert refused.value.field == f'annotations["{OURS}docker.{name}"]'


def test_pulling_is_tuned_by_annotations() -> None:
    named = {f"{OURS}force_pull": "true", f"{OURS}image_pull_timeout": "90"}
    found = task_of(deployment(annotations=named))["Config"]

    assert (found["force_pull"], found["image_pull_timeout"]) == (True, "90s")


def test_a_policy_without_restrictions_sets_none() -> None:
    found = config(policy(cap_drop=(), pids_limit=0))

    assert "cap_drop" not in found
    assert "pids_limit" not in found
