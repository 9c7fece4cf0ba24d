"""The java driver: the function is a jar that serves HTTP on `port`. Pure.

No watchdog stands before it: it answers `/_/health` itself, or is deployed with the annotation
`com.openfaas.nomad.check` set to tcp.
Source: nomad `drivers/java/driver.go` (v1.11).
"""

from typing import Any

from faas_nomad.translate.drivers.base import Driver, TaskParts, TaskRequest
from faas_nomad.translate.drivers.process import DEFAULT_DESTINATION, artifacts_of
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.escapes import config_text
from faas_nomad.translate.secret_files import IN_CHROOT

JAR = "local/fn.jar"


def _parts(task: TaskRequest) -> TaskParts:
    if task.written.has("java.class_path") and not task.written.has("java.class"):
        raise task.written.refuse("java.class_path", "of use without java.class")
    by_class = task.written.has("java.class")
    default = (DEFAULT_DESTINATION, "any") if by_class else (JAR, "file")
    artifacts = artifacts_of(task, *default)
    if not artifacts:
        raise InvalidDeploymentError(
            "image", task.fn.image, "a jar's URL, nor is there com.openfaas.nomad.artifact"
        )
    destination: str = artifacts[0]["RelativeDest"]
    return TaskParts(
        config={
            **(_class(task, destination) if by_class else {"jar_path": destination}),
            **_words(task, "java.jvm_options", "jvm_options"),
            **_words(task, "java.args", "args"),
        },
        env={"TMPDIR": "${NOMAD_ALLOC_DIR}/tmp"},
        artifacts=artifacts,
        user=task.policy.task_user,
    )


def _class(task: TaskRequest, destination: str) -> dict[str, Any]:
    return {
        "class": config_text(task.written.text("java.class")),
        "class_path": config_text(task.written.text("java.class_path", destination)),
    }


def _words(task: TaskRequest, name: str, key: str) -> dict[str, list[str]]:
    words = task.written.words(name)
    return {key: [config_text(word) for word in words]} if words else {}


DRIVER = Driver(
    name="java",
    parts=_parts,
    annotations=("artifact", "java."),
    runs_images=False,
    has_bridge=True,
    has_resolver=True,
    has_cpu_quota=False,
    has_read_only_root=False,
    secrets=IN_CHROOT,
)
