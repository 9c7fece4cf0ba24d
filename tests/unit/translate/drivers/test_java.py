"""The java driver's Config."""

from typing import Any

import pytest

from faas_nomad.translate.errors import InvalidDeploymentError
from support.deployments import OURS, deployment, job_of, policy, task_of


def java(image: str = "x", **annotations: str) -> dict[str, Any]:
    named = {OURS + name.replace("__", "."): text for name, text in annotations.items()}
    return task_of(deployment(image=image, envProcess="", annotations=named), policy("java"))


def test_an_image_that_is_a_url_is_the_jar() -> None:
    task = java("https://a/fn.jar")

    assert task["Artifacts"] == [
        {"GetterSource": "https://a/fn.jar", "RelativeDest": "local/fn.jar", "GetterMode": "file"}
    ]
    assert task["Config"] == {"jar_path": "local/fn.jar"}
    assert task["Templates"] == []
    assert task["Env"]["port"] == "${NOMAD_PORT_http}"


def test_options_and_arguments_are_words() -> None:
    task = java(
        artifact="https://a/fn.jar", java__jvm_options="-Xmx64m -Da='b c'", java__args="${x} y"
    )

    assert task["Config"] == {
        "jar_path": "local/fn.jar",
        "jvm_options": ["-Xmx64m", "-Da=b c"],
        "args": ["$${x}", "y"],
    }


def test_a_class_runs_from_an_unpacked_archive() -> None:
    task = java(artifact="https://a/fn.tgz", java__class="a.Main")

    assert task["Config"] == {"class": "a.Main", "class_path": "local/fn"}
    assert task["Artifacts"][0]["RelativeDest"] == "local/fn"
    assert (
        java(artifact="https://a/fn.tgz", java__class="a.Main", java__class_path="local/fn/lib")[
            "Config"
        ]["class_path"]
        == "local/fn/lib"
    )


def test_without_a_jar_there_is_no_function() -> None:
    with pytest.raises(InvalidDeploymentError, match=r"^image: .*artifact"):
        java()


def test_a_class_path_without_a_class_is_refused() -> None:
    with pytest.raises(InvalidDeploymentError, match=r"java\.class_path"):
        java("https://a/fn.jar", java__class_path="local/x")


def test_options_of_java_are_of_no_use_to_others() -> None:
    fn = deployment(annotations={f"{OURS}java.args": "x"})

    with pytest.raises(InvalidDeploymentError, match="the driver raw_exec"):
        job_of(fn, policy("raw_exec"))
