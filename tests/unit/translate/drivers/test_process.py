"""Functions that are processes on a node."""

import base64
from typing import Any

import pytest

from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.policy import DownloadedWatchdog, EmbeddedWatchdog, HostWatchdog
from support.deployments import OURS, annotated, deployment, job_of, policy, task_of

SHA256 = "sha256:" + "0a" * 32
FOREIGN = HostWatchdog("/opt/of-watchdog")


def artifact(image: str = "x", **annotations: str) -> list[dict[str, Any]]:
    named = {OURS + name.replace("__", "."): text for name, text in annotations.items()}
    fn = deployment(image=image, annotations=named)
    found: list[dict[str, Any]] = task_of(fn, policy("raw_exec"))["Artifacts"]
    return found


@pytest.mark.parametrize("driver", ["exec", "raw_exec"])
def test_the_embedded_watchdog_is_carried_byte_for_byte(driver: str) -> None:
    archive = bytes(range(256)) * 3
    task = task_of(deployment(), policy(driver, watchdog=EmbeddedWatchdog(archive)))

    assert task["Config"] == {
        "command": "/usr/bin/env",
        "args": ["python3", "${NOMAD_TASK_DIR}/watchdog.pyz"],
    }
    (template,) = task["Templates"]
    start, encoded, end = template.pop("EmbeddedTmpl").split('"')
    assert (start, end) == ("{{ ", " | base64Decode }}")
    assert base64.b64decode(encoded) == archive
    assert template == {
        "DestPath": "local/watchdog.pyz",
        "ChangeMode": "noop",
        "Perms": "0444",
    }


def test_a_watchdog_that_nodes_have_is_the_command() -> None:
    task = task_of(deployment(), policy("exec", watchdog=HostWatchdog("/opt/of-watchdog")))

    assert task["Config"] == {"command": "/opt/of-watchdog"}
    assert task["Templates"] == task["Artifacts"] == []


def test_a_watchdog_may_be_downloaded() -> None:
    watchdog = DownloadedWatchdog("https://a/of-watchdog-amd64", SHA256)
    task = task_of(deployment(), policy("raw_exec", watchdog=watchdog))

    assert task["Config"] == {"command": "local/of-watchdog"}
    assert task["Artifacts"] == [
        {
            "GetterSource": "https://a/of-watchdog-amd64",
            "RelativeDest": "local/of-watchdog",
            "GetterMode": "file",
            "GetterOptions": {"checksum": SHA256},
        }
    ]


def test_the_artifact_is_downloaded_beside_the_watchdog() -> None:
    found = artifact(
        artifact="https://a/fn.tgz",
        artifact__checksum=SHA256,
        artifact__destination="local/app",
        artifact__mode="dir",
    )

    assert found == [
        {
            "GetterSource": "https://a/fn.tgz",
            "RelativeDest": "local/app",
            "GetterMode": "dir",
            "GetterOptions": {"checksum": SHA256},
        }
    ]


@pytest.mark.parametrize(
    "image",
    [
        "https://a/fn.tgz",
        "http://127.0.0.1:8000/fn?checksum=" + SHA256,
        "git::https://a/b.git//sub?ref=v1",
        "git::ssh://git@a/b.git",
        "s3::https://s3.amazonaws.com/b/fn.zip",
    ],
)
def test_an_image_that_is_a_url_is_the_artifact(image: str) -> None:
    assert artifact(image) == [
        {"GetterSource": image, "RelativeDest": "local/fn", "GetterMode": "any"}
    ]


def test_a_url_is_the_artifact_without_the_tag_that_faas_cli_adds() -> None:
    [found] = artifact("https://a/b.tgz:latest")

    assert found["GetterSource"] == "https://a/b.tgz"


@pytest.mark.parametrize("image", ["ghcr.io/x/figlet:1", "figlet", "docker.io/a@sha256:0a", "a::b"])
def test_any_other_image_is_only_kept(image: str) -> None:
    assert artifact(image) == []


def test_the_annotation_wins_over_an_image_that_is_a_url() -> None:
    found = artifact("https://a/image", artifact="https://a/annotation")

    assert [one["GetterSource"] for one in found] == ["https://a/annotation"]


@pytest.mark.parametrize(
    ("annotations", "name"),
    [
        ({"artifact": "fn.tgz"}, "artifact"),
        ({"artifact": "/etc/passwd"}, "artifact"),
        ({"artifact": "file:///etc/passwd"}, "artifact"),
        ({"artifact": "https://a/${NOMAD_TOKEN}"}, "artifact"),
        ({"artifact": "evil::https://a/b"}, "artifact"),
        ({"artifact": "https://a/b c"}, "artifact"),
        ({"artifact": "https://a/b", "artifact.checksum": "sha256:0a"}, "artifact.checksum"),
        ({"artifact": "https://a/b", "artifact.checksum": ""}, "artifact.checksum"),
        ({"artifact": "https://a/b", "artifact.checksum": "crc:00"}, "artifact.checksum"),
        ({"artifact": "https://a/b", "artifact.destination": "/etc"}, "artifact.destination"),
        ({"artifact": "https://a/b", "artifact.destination": "secrets/x"}, "artifact.destination"),
        ({"artifact": "https://a/b", "artifact.destination": "local/../x"}, "artifact.destination"),
        ({"artifact": "https://a/b", "artifact.destination": "local/${x}"}, "artifact.destination"),
        ({"artifact": "https://a/b", "artifact.mode": "tar"}, "artifact.mode"),
        ({"artifact.checksum": SHA256}, "artifact.checksum"),
    ],
)
def test_an_artifact_that_cannot_be_understood_is_refused_by_name(
    annotations: dict[str, str], name: str
) -> None:
    fn = deployment(annotations={OURS + key: text for key, text in annotations.items()})

    with pytest.raises(InvalidDeploymentError) as refused:
        job_of(fn, policy("raw_exec"))

    assert refused.value.field == f'annotations["{OURS}{name}"]'


def test_an_image_url_by_a_way_that_is_not_allowed_is_refused() -> None:
    fn = deployment(image="https://a/b")

    with pytest.raises(InvalidDeploymentError, match=r"^image: .*by s3$"):
        job_of(fn, policy("raw_exec", artifact_schemes=frozenset({"s3"})))


def test_the_watchdog_needs_a_process() -> None:
    with pytest.raises(InvalidDeploymentError) as refused:
        job_of(deployment(envProcess=""), policy("raw_exec"))
    assert refused.value.field == "envProcess"

    job_of(deployment(envProcess="", envVars={"fprocess": "cat"}), policy("raw_exec"))
    job_of(deployment(envProcess="", envVars={"function_process": "cat"}), policy("raw_exec"))
    of_watchdog = policy("raw_exec", watchdog=HostWatchdog("/usr/local/bin/of-watchdog"))
    job_of(deployment(envProcess="", envVars={"mode": "static"}), of_watchdog)


@pytest.mark.parametrize("name", ["upstream_url", "http_upstream_url"])
def test_of_watchdog_has_to_be_told_where_a_server_listens(name: str) -> None:
    with pytest.raises(InvalidDeploymentError) as refused:
        job_of(deployment(envVars={"mode": "http"}), policy("raw_exec", watchdog=FOREIGN))
    assert refused.value.field == 'envVars["upstream_url"]'

    told = {"mode": "http", name: "http://127.0.0.1:3000"}
    job_of(deployment(envVars=told), policy("raw_exec", watchdog=FOREIGN))
    job_of(deployment(envVars={"mode": "http"}), policy("raw_exec", watchdog=EmbeddedWatchdog(b"")))


def test_a_foreign_watchdog_does_not_wait_for_balancers_when_it_is_told_to_stop() -> None:
    foreign, own = policy("raw_exec", watchdog=FOREIGN), policy("raw_exec")
    said = deployment(envVars={"healthcheck_interval": "9s"})

    assert task_of(deployment(), foreign)["Env"]["healthcheck_interval"] == "1s"
    assert task_of(said, foreign)["Env"]["healthcheck_interval"] == "9s"
    assert "healthcheck_interval" not in task_of(deployment(), own)["Env"]


@pytest.mark.parametrize(("name", "value"), [("mode", "static"), ("jwt_auth", "true")])
def test_what_our_watchdog_cannot_do_is_refused(name: str, value: str) -> None:
    with pytest.raises(InvalidDeploymentError, match=name):
        job_of(deployment(envVars={name: value}), policy("raw_exec"))


def test_the_user_of_processes_is_the_policys() -> None:
    assert task_of(deployment(), policy("exec", task_user="faas"))["User"] == "faas"
    assert "User" not in task_of(deployment(), policy("exec"))


def test_an_artifact_is_of_no_use_to_a_container() -> None:
    with pytest.raises(InvalidDeploymentError, match="the driver docker"):
        job_of(annotated(artifact="https://a/b"))
