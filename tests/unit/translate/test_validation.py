"""What may be in a deployment at all."""

from typing import Any

import pytest

from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.validation import check_deployment
from support.deployments import deployment, job_of

PREFIX = "openfaas-"


def refused(**fields: Any) -> InvalidDeploymentError:
    with pytest.raises(InvalidDeploymentError) as error:
        check_deployment(deployment(**fields), PREFIX)
    return error.value


@pytest.mark.parametrize("name", ["a", "0", "a-b", "a" * 54, "fn-2"])
def test_names_are_dns_labels_that_leave_room_for_the_prefix(name: str) -> None:
    check_deployment(deployment(service=name), PREFIX)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a" * 55,
        "a" * 64,
        "A",
        "a/b",
        "..",
        "a.b",
        "a b",
        " a",
        "-a",
        "a-",
        "a_b",
        "é",
        "a\n",
        "a\0",
        "١",
    ],
)
def test_other_names_are_refused(name: str) -> None:
    error = refused(service=name)

    assert error.field == "service"
    assert "1 to 54 lower-case letters" in str(error)


@pytest.mark.parametrize("namespace", ["", "openfaas-fn", "Team-1", "a" * 128])
def test_namespaces_are_nomads(namespace: str) -> None:
    check_deployment(deployment(namespace=namespace), PREFIX)


@pytest.mark.parametrize("namespace", ["a.b", "a/b", "a b", "a" * 129, "é", "*"])
def test_other_namespaces_are_refused(namespace: str) -> None:
    assert refused(namespace=namespace).field == "namespace"


@pytest.mark.parametrize("image", ["", "a b", "a\n", "a\x7f", "a" * 2049, "a\tb"])
def test_an_image_is_one_printable_word(image: str) -> None:
    assert refused(image=image).field == "image"


@pytest.mark.parametrize(
    "key", ["", "A=B", "A\0", "A\nB", "NOMAD_PORT_http", "NOMAD_META_of_dollar", "port", "x" * 256]
)
def test_environment_keys_that_cannot_or_must_not_be_set_are_refused(key: str) -> None:
    error = refused(envVars={key: "secret"})

    assert error.field == "envVars"
    assert "secret" not in str(error)


@pytest.mark.parametrize("key", ["nomad_addr", "PORT", "a.b", "A-B", "node", "€", "write_debug"])
def test_other_environment_keys_are_the_functions_own(key: str) -> None:
    check_deployment(deployment(envVars={key: "a\nb"}), PREFIX)


def test_an_environment_value_with_a_nul_is_refused_without_being_shown() -> None:
    error = refused(envVars={"PASSWORD": "hunter2\0"})

    assert error.field == 'envVars["PASSWORD"]'
    assert "hunter2" not in str(error)


@pytest.mark.parametrize("field", ["labels", "annotations"])
@pytest.mark.parametrize("key", ["", "a b", "a\n", "a" * 318])
def test_keys_of_labels_and_annotations_are_printable_words(field: str, key: str) -> None:
    assert refused(**{field: {key: "x"}}).field == field


def test_values_of_labels_and_annotations_may_have_lines_but_no_nul() -> None:
    check_deployment(deployment(annotations={"a": "b\nc"}), PREFIX)
    assert refused(labels={"a": "b\0"}).field == 'labels["a"]'


@pytest.mark.parametrize("name", ["", "Upper", "../x", "a/b", ".a", "a" * 64, "{{x}}"])
def test_names_of_secrets_are_checked_and_not_shown(name: str) -> None:
    error = refused(secrets=["ok", name])

    assert error.field == "secrets[1]"
    assert error.value is None


def test_a_process_with_a_nul_is_refused() -> None:
    assert refused(envProcess="cat\0").field == "envProcess"


def test_a_job_is_made_of_checked_deployments_only() -> None:
    with pytest.raises(InvalidDeploymentError, match=r"^service: "):
        job_of(deployment(service="../../etc"))
