"""What users type: the flows of the real faas-cli, where it is on PATH."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from support.faas_cli import Cli, faas_cli, flags
from support.functions import Functions
from support.world import Json

LANGUAGE = "none"
"""faas-cli fetches templates it does not find from a store, even for what it need not build."""


@pytest.fixture
def cli(functions: Functions, tmp_path: Path) -> Cli:
    return faas_cli(functions, tmp_path)


@pytest.fixture
def deployed(functions: Functions, cli: Cli) -> Iterator[Json]:
    """A function deployed with flags alone."""
    sent = functions.world.deployment("cli", envVars={"GREETING": "hello"})
    typed = cli("deploy", *flags(sent), "--label", "team=a", "--annotation", "topic=t")
    assert typed.code == 0, typed
    assert "Deployed. 202 Accepted." in typed.out
    functions.wait_available(sent["service"], 1)
    yield sent
    functions.sdk.delete(sent["service"])


def test_ready_finds_the_gateway_and_the_function(cli: Cli, deployed: Json) -> None:
    assert cli("ready").code == 0
    assert cli("ready", deployed["service"]).code == 0


def test_list_and_describe_show_the_function(cli: Cli, deployed: Json) -> None:
    name = deployed["service"]

    listed = cli("list", "--verbose")
    described = cli("describe", name)
    as_json = json.loads(cli("describe", name, "--json").out)

    assert name in listed.out
    assert deployed["image"] in listed.out
    assert described.code == 0
    for shown in ("Ready", "team: a", "topic: t", "GREETING: hello"):
        assert shown in described.out
    assert as_json["availableReplicas"] == 1


def test_invoke_prints_the_answer(cli: Cli, deployed: Json) -> None:
    name = deployed["service"]

    posted = cli("invoke", name, stdin="to the function")
    got = cli("invoke", name, "--method", "GET", "--query", "a=b")

    assert posted.code == 0, posted
    assert json.loads(posted.out.splitlines()[-1])["body"] == "to the function"
    assert json.loads(got.out.splitlines()[-1])["uri"] == "/?a=b"


def test_deploy_of_a_present_function_updates_it(
    cli: Cli, deployed: Json, functions: Functions
) -> None:
    again = cli("deploy", *flags(deployed), "--label", "team=b")

    assert again.code == 0, again
    assert functions.status(deployed["service"])["labels"] == {"team": "b"}


def test_remove_makes_describe_and_invoke_fail(cli: Cli, deployed: Json) -> None:
    name = deployed["service"]

    removed = cli("remove", name)

    assert removed.code == 0, removed
    assert "Removing old function" in removed.out
    described = cli("describe", name)
    assert (described.code, "no such function" in described.out.lower()) == (1, True)
    assert cli("invoke", name).code == 1
    assert cli("remove", name).code == 1


def test_a_refusal_is_printed_with_its_reason(cli: Cli, functions: Functions) -> None:
    sent = functions.world.deployment(service="Upper-Case")

    typed = cli("deploy", *flags(sent))

    assert typed.code != 0
    assert "service" in typed.out


def test_up_and_remove_with_a_stack_file(cli: Cli, functions: Functions, tmp_path: Path) -> None:
    names = write_stack(functions, tmp_path / "stack.yaml", count=2)

    up = cli("up", "-f", "stack.yaml", "--skip-push")
    assert up.code == 0, up
    for name in names:
        functions.wait_available(name, 1)
    listed = cli("list", "-q")
    removed = cli("remove", "-f", "stack.yaml")

    assert set(names) <= set(listed.out.split())
    assert removed.code == 0, removed
    assert [functions.sdk.get(name).status for name in names] == [404, 404]


def write_stack(functions: Functions, file: Path, count: int) -> list[str]:
    sent = [functions.world.deployment(labels={"from": "stack"}) for _ in range(count)]
    stack = {
        "version": 1.0,
        "provider": {"name": "openfaas", "gateway": functions.service.gateway_url},
        "functions": {fn["service"]: stack_entry(fn) for fn in sent},
    }
    file.write_text(yaml.safe_dump(stack))
    template = file.parent / "template" / LANGUAGE
    template.mkdir(parents=True)
    (template / "template.yml").write_text(f"language: {LANGUAGE}\n")
    return [fn["service"] for fn in sent]


def stack_entry(sent: Json) -> Json:
    return {
        "lang": LANGUAGE,
        "handler": ".",
        "skip_build": True,
        "image": sent["image"],
        "fprocess": sent.get("envProcess", ""),
        "environment": sent["envVars"],
        "labels": sent["labels"],
        "limits": {"memory": "64Mi", "cpu": "100m"},
    }
