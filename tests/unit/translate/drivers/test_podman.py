"""The podman driver's Config."""

from support.deployments import OURS, deployment, policy, task_of


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
        "ports": ["http"],
        "cap_drop": ["all"],
        "pids_limit": 256,
        "cpu_hard_limit": True,
        "readonly_rootfs": True,
        "tmpfs": ["/tmp:size=64m"],
        "labels": [{"com.openfaas.function": "figlet", "com.openfaas.namespace": "openfaas-fn"}],
        "working_dir": "/home/app",
    }
