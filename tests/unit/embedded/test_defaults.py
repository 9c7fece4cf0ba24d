"""What Nomad fills in."""

import copy

from faas_nomad.embedded.defaults import SECOND_NS, canonical_job
from support.nomad_job_specs import web_job


def test_a_bare_job_gets_every_block() -> None:
    bare = {
        "ID": "x",
        "TaskGroups": [{"Name": "g", "Tasks": [{"Name": "t", "Driver": "raw_exec"}]}],
    }

    job = canonical_job(bare, "default")
    group = job["TaskGroups"][0]
    task = group["Tasks"][0]

    assert (job["Name"], job["Namespace"], job["Datacenters"]) == ("x", "default", ["*"])
    assert (job["Priority"], job["Type"], job["NodePool"]) == (50, "service", "default")
    assert (group["Count"], group["EphemeralDisk"]["SizeMB"]) == (1, 300)
    assert group["Update"]["MinHealthyTime"] == 10 * SECOND_NS
    assert task["KillTimeout"] == 5 * SECOND_NS
    assert task["Resources"] == {**task["Resources"], "CPU": 100, "MemoryMB": 300}
    assert task["RestartPolicy"] == group["RestartPolicy"]


def test_what_is_given_stays_and_the_given_job_is_not_changed() -> None:
    given = web_job("x", count=3, Env={"a": "b"})
    before = copy.deepcopy(given)

    job = canonical_job(given, "default")

    assert given == before
    assert job["TaskGroups"][0]["Count"] == 3
    assert job["TaskGroups"][0]["Update"]["Canary"] == 1
    assert job["TaskGroups"][0]["Tasks"][0]["Env"] == {"a": "b"}


def test_filling_in_twice_changes_nothing() -> None:
    once = canonical_job(web_job("x"), "default")

    assert canonical_job(once, "default") == once


def test_a_jobs_update_block_is_each_groups_default() -> None:
    job = canonical_job({**web_job("x"), "Update": {"Stagger": 7, "Canary": 5}}, "default")

    update = job["TaskGroups"][0]["Update"]
    assert (update["Stagger"], update["Canary"]) == (7, 1)


def test_without_a_count_the_scaling_minimum_counts() -> None:
    job = web_job("x")
    group = job["TaskGroups"][0]
    del group["Count"]
    group["Scaling"] = {"Min": 4, "Max": 9}

    assert canonical_job(job, "default")["TaskGroups"][0]["Count"] == 4


def test_a_service_is_consuls_unless_it_says_otherwise() -> None:
    job = web_job("x")
    del job["TaskGroups"][0]["Services"][0]["Provider"]

    service = canonical_job(job, "default")["TaskGroups"][0]["Services"][0]
    assert service["Provider"] == "consul"
