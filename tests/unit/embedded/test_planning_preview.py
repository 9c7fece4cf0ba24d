"""What registering a job would do."""

from typing import Any

import pytest

from faas_nomad.embedded.defaults import canonical_job
from faas_nomad.embedded.planning_preview import preview
from support.embedded_cluster import KEY, NODE, ScriptedCluster
from support.nomad_job_specs import web_job


@pytest.fixture
def at() -> ScriptedCluster:
    scripted = ScriptedCluster()
    scripted.register(web_job(KEY[1], count=2))
    scripted.settle()
    return scripted


def counts(at: ScriptedCluster, job: dict[str, Any]) -> dict[str, int]:
    reply = preview(at.store, NODE, canonical_job(job, "default"))
    found = reply["Annotations"]["DesiredTGUpdates"]["fn"]
    return {name: count for name, count in found.items() if count}


def test_counts_by_kind(at: ScriptedCluster) -> None:
    assert counts(at, web_job(KEY[1], count=2, Env={"a": "b"})) == {"Canary": 1}
    assert counts(at, web_job(KEY[1], count=4)) == {"InPlaceUpdate": 2, "Place": 2}
    assert counts(at, web_job(KEY[1], count=0)) == {"Stop": 2}
    assert counts(at, {**web_job(KEY[1], count=2), "Priority": 60}) == {"InPlaceUpdate": 2}


def test_a_preview_writes_nothing(at: ScriptedCluster) -> None:
    index = at.store.index

    counts(at, web_job(KEY[1], count=9))

    assert at.store.index == index


def test_the_index_for_a_check_and_set_is_told(at: ScriptedCluster) -> None:
    known = preview(at.store, NODE, canonical_job(web_job(KEY[1]), "default"))
    new = preview(at.store, NODE, canonical_job(web_job("new"), "default"))

    assert known["JobModifyIndex"] == at.job()["JobModifyIndex"]
    assert new["JobModifyIndex"] == 0


def test_what_would_not_fit_is_told(at: ScriptedCluster) -> None:
    job = {**web_job("new"), "Datacenters": ["elsewhere"]}

    reply = preview(at.store, NODE, canonical_job(job, "default"))

    assert reply["FailedTGAllocs"]["fn"]["NodesAvailable"] == {}
