"""Which changes replace instances; each case was asked of a real agent's plan."""

from typing import Any

import pytest

from faas_nomad.embedded.changes import is_same_spec, needs_new_instance
from faas_nomad.embedded.defaults import canonical_job
from support.nomad_job_specs import SECOND_NS, web_job

MET = {"LTarget": "${attr.kernel.name}", "Operand": "=", "RTarget": "linux"}


def changed(part: str, change: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    old, new = web_job("x"), web_job("x")
    group = new["TaskGroups"][0]
    parts = {
        "job": new,
        "group": group,
        "task": group["Tasks"][0],
        "service": group["Services"][0],
        "check": group["Services"][0]["Checks"][0],
    }
    parts[part].update(change)
    return canonical_job(old, "default"), canonical_job(new, "default")


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("job", {"Meta": {"a": "b"}}),
        ("group", {"Meta": {"a": "b"}}),
        ("group", {"EphemeralDisk": {"SizeMB": 200}}),
        ("group", {"Networks": [{"DynamicPorts": [{"Label": "http", "To": 8080}]}]}),
        ("task", {"Env": {"a": "b"}}),
        ("task", {"Config": {"command": "x"}}),
        ("task", {"Resources": {"CPU": 10, "MemoryMB": 32, "MemoryMaxMB": 64}}),
        ("task", {"Templates": [{"DestPath": "x", "EmbeddedTmpl": "x"}]}),
        ("task", {"Artifacts": [{"GetterSource": "http://x/y"}]}),
        ("task", {"User": "nobody"}),
        ("task", {"Driver": "exec"}),
        ("task", {"Name": "other"}),
        ("task", {"LogConfig": {"Disabled": True}}),
        ("service", {"Provider": "consul"}),
    ],
)
def test_a_change_that_replaces(part: str, change: dict[str, Any]) -> None:
    old, new = changed(part, change)

    assert needs_new_instance(old, new, "fn")
    assert not is_same_spec(old, new)


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("job", {"Priority": 60}),
        ("job", {"Datacenters": ["dc1"]}),
        ("job", {"Constraints": [MET]}),
        ("job", {"Affinities": [{**MET, "Weight": 50}]}),
        ("group", {"Count": 3}),
        ("group", {"Scaling": {"Min": 0, "Max": 5}}),
        ("group", {"Services": []}),
        ("group", {"ShutdownDelay": SECOND_NS}),
        ("task", {"KillSignal": "SIGINT"}),
        ("task", {"KillTimeout": SECOND_NS}),
        ("task", {"LogConfig": {"MaxFiles": 2, "MaxFileSizeMB": 2}}),
        ("service", {"Name": "y", "Tags": ["a"]}),
        ("check", {"Path": "/other"}),
    ],
)
def test_a_change_that_does_not(part: str, change: dict[str, Any]) -> None:
    old, new = changed(part, change)

    assert not needs_new_instance(old, new, "fn")
    assert not is_same_spec(old, new)


def test_what_the_server_adds_is_no_change() -> None:
    old, new = changed("job", {"Version": 7, "Status": "dead", "JobModifyIndex": 3, "Stable": True})

    assert is_same_spec(old, new)


def test_a_group_that_went_or_came_needs_new_instances() -> None:
    old, new = changed("group", {"Name": "other"})

    assert needs_new_instance(old, new, "fn")
    assert needs_new_instance(old, new, "other")
