"""A task gets each secret as one file, whatever its driver, and its job holds no value."""

import json

import pytest

from faas_nomad.translate.jobs import job_from_deployment
from faas_nomad.translate.secret_files import TaskSecrets, variable_template
from support.deployments import deployment, group_of, job_of, policy, task_of

TWO = deployment(secrets=["api-key", "tls.crt", "api-key"])


def test_the_template_fails_in_place_of_an_empty_file() -> None:
    assert variable_template("nomad/jobs/j/fn/fn", "tls.crt") == (
        '{{ with nomadVar "nomad/jobs/j/fn/fn" }}{{ with (index . "tls.crt").Value }}'
        '{{ base64Decode . }}{{ else }}{{ index (parseJSON "[]") 0 }}{{ end }}{{ end }}'
    )


@pytest.mark.parametrize(
    ("driver", "folder"),
    [
        ("docker", "secrets/openfaas"),
        ("podman", "secrets/openfaas"),
        ("raw_exec", "secrets/openfaas"),
        ("exec", "var/openfaas/secrets"),
    ],
)
def test_each_secret_is_one_file_that_anybody_in_the_task_may_read(
    driver: str, folder: str
) -> None:
    templates = [t for t in task_of(TWO, policy(driver))["Templates"] if "pyz" not in t["DestPath"]]

    assert [t["DestPath"] for t in templates] == [f"{folder}/api-key", f"{folder}/tls.crt"]
    assert {(t["ChangeMode"], t["Perms"]) for t in templates} == {("noop", "0444")}
    assert all("nomad/jobs/openfaas-figlet/fn/fn" in t["EmbeddedTmpl"] for t in templates)


@pytest.mark.parametrize("driver", ["docker", "podman", "exec", "java", "raw_exec"])
def test_every_template_is_noop_unless_a_signal_was_asked_for(driver: str) -> None:
    fn = deployment(secrets=["a"], image="https://a/b.jar")

    assert {t["ChangeMode"] for t in task_of(fn, policy(driver))["Templates"]} == {"noop"}


def test_a_container_mounts_its_own_folder_alone_and_read_only() -> None:
    assert task_of(TWO)["Config"]["mount"] == [
        {
            "type": "bind",
            "source": "secrets/openfaas",
            "target": "/var/openfaas/secrets",
            "readonly": True,
        }
    ]
    podman = task_of(TWO, policy("podman"))["Config"]
    assert podman["volumes"] == ["secrets/openfaas:/var/openfaas/secrets:ro"]


def test_a_read_only_root_keeps_its_tmp_beside_the_secrets() -> None:
    fn = deployment(secrets=["a"], readOnlyRootFilesystem=True)

    targets = [mount["target"] for mount in task_of(fn)["Config"]["mount"]]

    assert targets == ["/tmp", "/var/openfaas/secrets"]


@pytest.mark.parametrize("driver", ["docker", "podman", "exec", "java"])
def test_a_function_with_a_root_of_its_own_is_told_the_usual_path(driver: str) -> None:
    fn = deployment(secrets=["a"], image="https://a/b.jar")

    env = task_of(fn, policy(driver))["Env"]

    assert env["OPENFAAS_SECRETS_PATH"] == "/var/openfaas/secrets"
    assert "secret_mount_path" not in env


def test_a_function_on_the_host_is_told_where_its_secrets_are() -> None:
    env = task_of(TWO, policy("raw_exec"))["Env"]

    assert env["OPENFAAS_SECRETS_PATH"] == "${NOMAD_SECRETS_DIR}/openfaas"
    assert env["secret_mount_path"] == env["OPENFAAS_SECRETS_PATH"]


@pytest.mark.parametrize("driver", ["docker", "podman", "exec", "raw_exec"])
def test_a_function_without_secrets_has_no_trace_of_them(driver: str) -> None:
    text = json.dumps(group_of(deployment(), policy(driver)))

    assert "secrets" not in text.lower()


def test_the_store_decides_how_a_task_reads_its_secrets() -> None:
    job = job_from_deployment(
        deployment(secrets=["a"]),
        policy(),
        nomad_namespace="default",
        job_id="openfaas-figlet",
        count=1,
        created_ns=1,
        secrets=TaskSecrets(lambda name: f"template of {name}"),
    )

    [template] = job["TaskGroups"][0]["Tasks"][0]["Templates"]
    assert template["EmbeddedTmpl"] == "template of a"


def test_the_same_secrets_make_the_same_job() -> None:
    assert job_of(TWO) == job_of(TWO)
