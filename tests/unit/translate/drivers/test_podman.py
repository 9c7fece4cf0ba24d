"""The podman driver's Config."""

import pytest

from faas_nomad.translate.errors import InvalidDeploymentError
from support.deployments import OURS, annotated, deployment, policy, task_of


def test_a_function_is_its_image() -> None:
    fn = deployment(
        readOnlyRootFilesystem=True,
        limits={"cpu": "1"},
        annotations={f"{OURS}podman.working_dir": "/home/app"},
    )
    task = task_of(fn, policy("podman"))

    assert task["Driver"] == "podman"
    assert task["Config"] == {
        "image": "ghcr.io/x/figlet:1",
        "image_pull_timeout": "5m",
        "force_pull": False,
        "auth": {"tls_verify": True},
        "ports": ["http"],
        "cap_drop": ["all"],
        "pids_limit": 256,
        "cpu_hard_limit": True,
        "readonly_rootfs": True,
        "tmpfs": ["/tmp:size=64m"],
        "labels": [{"com.openfaas.function": "figlet", "com.openfaas.namespace": "openfaas-fn"}],
        "working_dir": "/home/app",
    }


def test_capabilities_that_keep_a_container_in_may_be_added() -> None:
    fn = deployment(annotations={f"{OURS}podman.cap_add": "NET_BIND_SERVICE, cap_chown"})

    assert task_of(fn, policy("podman"))["Config"]["cap_add"] == ["NET_BIND_SERVICE", "cap_chown"]


@pytest.mark.parametrize("text", ["sys_admin", "CAP_SYS_MODULE", "all", "chown,dac_read_search"])
def test_one_that_lets_it_out_is_refused_as_the_plugin_would_not(text: str) -> None:
    fn = deployment(annotations={f"{OURS}podman.cap_add": text})

    with pytest.raises(InvalidDeploymentError, match=r'cap_add"\]: ".*" is not of audit_write, '):
        task_of(fn, policy("podman"))


@pytest.mark.parametrize(
    "image", ["docker-archive:/root/image.tar", "oci-archive:/a:b", "oci-archive:http://host/a"]
)
def test_an_image_among_its_node_s_files_is_refused(image: str) -> None:
    with pytest.raises(InvalidDeploymentError, match=r"^image: .* is not an image in a registry$"):
        task_of(deployment(image=image), policy("podman"))


def test_an_image_may_name_the_transport_from_a_registry() -> None:
    image = "docker://ghcr.io/x/figlet:1"

    assert task_of(deployment(image=image), policy("podman"))["Config"]["image"] == image


def test_a_registry_s_certificate_is_checked_unless_the_installation_says_no() -> None:
    unchecked = policy("podman", podman_tls_verify=False)

    assert task_of(deployment(), unchecked)["Config"]["auth"] == {"tls_verify": False}


def test_a_login_leaves_the_check_of_the_certificate_alone() -> None:
    task = task_of(annotated(registry_secret="pull"), policy("podman"))

    assert set(task["Config"]["auth"]) == {"username", "password", "tls_verify"}
