"""What annotations say of a secret's change, and how a job tells which generations it has."""

import pytest

from faas_nomad.translate.annotations import nomad_annotations
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.secret_changes import (
    SecretChange,
    are_newer,
    generations_from_meta,
    generations_meta,
    is_restarted,
    secret_change_of,
)
from support.deployments import annotated, deployment, task_of

MODE = "com.openfaas.nomad.secrets.change_mode"


@pytest.mark.parametrize(
    ("written", "change"),
    [
        ({}, SecretChange("noop")),
        ({"secrets__change_mode": "noop"}, SecretChange("noop")),
        ({"secrets__change_mode": "restart"}, SecretChange("restart")),
        ({"secrets__change_mode": "signal"}, SecretChange("signal", "SIGHUP")),
        (
            {"secrets__change_mode": "signal", "secrets__change_signal": "SIGUSR1"},
            SecretChange("signal", "SIGUSR1"),
        ),
    ],
)
def test_the_mode_is_the_annotation_s(written: dict[str, str], change: SecretChange) -> None:
    assert secret_change_of(nomad_annotations(annotated(**written))) == change


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ({"secrets__change_mode": "reload"}, "one of noop, restart, signal"),
        (
            {"secrets__change_mode": "signal", "secrets__change_signal": "SIGKILL"},
            "one of SIGHUP, SIGUSR1, SIGUSR2",
        ),
        ({"secrets__change_signal": "SIGHUP"}, "of use with secrets.change_mode signal"),
    ],
)
def test_what_it_cannot_be_is_refused(written: dict[str, str], named: str) -> None:
    with pytest.raises(InvalidDeploymentError, match=named):
        secret_change_of(nomad_annotations(annotated(**written)))


@pytest.mark.parametrize(
    ("mode", "fields"),
    [
        ("noop", {"ChangeMode": "noop"}),
        ("restart", {"ChangeMode": "noop"}),
        ("signal", {"ChangeMode": "signal", "ChangeSignal": "SIGHUP"}),
    ],
)
def test_templates_signal_where_asked_and_never_restart(mode: str, fields: dict[str, str]) -> None:
    fn = deployment(secrets=["a"], annotations={MODE: mode})

    [template] = task_of(fn)["Templates"]

    assert {k: v for k, v in template.items() if k.startswith("Change")} == fields


def test_generations_survive_the_way_through_meta_in_any_order() -> None:
    meta = generations_meta({"b": "2", "a": "1"})

    assert meta == generations_meta({"a": "1", "b": "2"})
    assert generations_from_meta(meta) == {"a": "1", "b": "2"}
    assert generations_meta({}) == {}


@pytest.mark.parametrize("text", ["", "[]", "7", "{"])
def test_generations_that_cannot_be_read_are_none(text: str) -> None:
    assert generations_from_meta({"openfaas.secrets": text}) == {}


def test_only_a_change_makes_newer() -> None:
    running = {"a": "1", "b": "1"}

    assert not are_newer({"a": "1", "b": "1"}, running)
    assert not are_newer({"a": "1"}, running)
    assert are_newer({"a": "2", "b": "1"}, running)
    assert are_newer({"a": "1", "c": "1"}, running)


def test_a_function_without_secrets_is_never_restarted() -> None:
    assert not is_restarted(deployment(annotations={MODE: "restart"}))
    assert is_restarted(deployment(secrets=["a"], annotations={MODE: "restart"}))
    assert is_restarted(deployment(secrets=["a"], labels={MODE: "restart"}))
