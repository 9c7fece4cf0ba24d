"""The last change of a count, as a job tells it."""

from faas_nomad.translate.count_changes import (
    MAX_WHY_CHARS,
    CountChange,
    count_change_of,
    with_count,
)
from support.deployments import deployment, job_of, policy

CHANGE = CountChange("idle", "no request for 15m0s", 1, 0, 1_795_225_212_345_000_000)


def test_a_change_is_read_back_as_it_was_made() -> None:
    assert count_change_of(with_count(job_of(), CHANGE, deployment(), policy())) == CHANGE


def test_a_job_that_tells_nothing_has_no_change() -> None:
    assert count_change_of(job_of()) is None
    broken = with_count(job_of(), CHANGE, deployment(), policy())
    broken["TaskGroups"][0]["Scaling"]["Policy"]["openfaas_count_change"] = "more"
    assert count_change_of(broken) is None
    broken["TaskGroups"][0]["Scaling"] = None
    assert count_change_of(broken) is None


def test_a_reason_is_cut_where_it_is_too_long() -> None:
    long = CountChange("alert", "x" * 1000, 1, 2, 0)
    told = count_change_of(with_count(job_of(), long, deployment(), policy()))

    assert told
    assert len(told.why) == MAX_WHY_CHARS


def test_all_else_of_the_job_stays_as_it_is() -> None:
    job = job_of()
    job["TaskGroups"][0]["Scaling"]["Policy"] = {"cooldown": "1m"}

    changed = with_count(job, CHANGE, deployment(), policy())

    group, before = changed["TaskGroups"][0], job["TaskGroups"][0]
    assert group["Scaling"]["Policy"]["cooldown"] == "1m"
    assert {**group, "Count": 1, "Scaling": before["Scaling"]} == before
    assert changed["Meta"] == job["Meta"]


def test_the_bounds_follow_the_labels_again_after_a_count_outside() -> None:
    fn = deployment(labels={"com.openfaas.scale.max": "3"})
    wide = with_count(job_of(fn), CountChange("api", "", 1, 7, 0), fn, policy())
    assert wide["TaskGroups"][0]["Scaling"]["Max"] == 7

    back = with_count(wide, CountChange("api", "", 7, 2, 0), fn, policy())
    assert back["TaskGroups"][0]["Scaling"]["Max"] == 3
