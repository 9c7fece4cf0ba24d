"""Deploy, read, update and delete through the official client."""

from datetime import UTC, datetime, timedelta

import httpx

from support.functions import GONE_WITHIN_S, Functions
from support.waiting import wait_until
from support.world import Json

GIVEN: Json = {
    "labels": {"com.openfaas.scale.min": "1", "team": "päyments", "empty": ""},
    "annotations": {"topic": "cron-function, other", "example.com/${NODE}": "{{ env `HOME` }}"},
    "limits": {"memory": "64Mi", "cpu": "100m"},
    "requests": {"memory": "33554432", "cpu": "0.05"},
    "envVars": {"HOME_SWEET": "${node.unique.id}", "TEMPLATE": '{{ key "x" }}', "E": "a=b=c\n "},
    "constraints": ["${attr.kernel.name} = linux"],
}


def given_fields(status: Json) -> Json:
    return {key: status.get(key) for key in GIVEN}


def test_a_function_comes_back_from_list_and_status_as_it_was_sent(functions: Functions) -> None:
    sent = functions.world.deployment(**GIVEN)
    functions.deploy(sent)

    status = functions.sdk.get(sent["service"]).result
    [listed] = [fn for fn in functions.sdk.list().result if fn["name"] == sent["service"]]

    for seen in (status, listed):
        assert given_fields(seen) == given_fields(sent)
        assert seen["image"] == sent["image"]
        assert seen["namespace"] == "openfaas-fn"
        assert (seen["replicas"], seen["availableReplicas"]) == (1, 1)


def test_what_the_user_wrote_is_neither_interpolated_nor_executed(functions: Functions) -> None:
    sent = functions.world.deployment(envVars=GIVEN["envVars"])
    name = functions.deploy(sent)

    env = functions.echoed(name)["env"]

    assert {key: env.get(key) for key in GIVEN["envVars"]} == GIVEN["envVars"]


def test_labels_and_annotations_are_objects_even_when_none_were_sent(functions: Functions) -> None:
    name = functions.deploy(functions.world.deployment())

    status = functions.status(name)

    assert (status["labels"], status["annotations"]) == ({}, {})
    assert not {"limits", "requests", "secrets", "constraints"} & set(status)


def test_an_update_keeps_the_time_of_creation(functions: Functions) -> None:
    before = datetime.now(UTC)
    sent = functions.world.deployment()
    name = functions.deploy(sent)
    created = datetime.fromisoformat(functions.status(name)["createdAt"])

    functions.sdk.update({**sent, "labels": {"changed": "yes"}})

    assert before - timedelta(seconds=1) <= created <= datetime.now(UTC)
    assert datetime.fromisoformat(functions.status(name)["createdAt"]) == created
    functions.wait_updated(name)


def test_an_update_replaces_what_the_function_runs(functions: Functions) -> None:
    sent = functions.world.deployment("1", labels={"old": "1"})
    name = functions.deploy(sent)
    assert functions.echoed(name)["version"] == "1"

    newer = {**sent, "envVars": {**sent["envVars"], "VERSION": "2"}, "labels": {"new": "1"}}
    reply = functions.sdk.update(newer)
    functions.wait_updated(name)

    assert (reply.status, reply.body) == (202, "")
    assert functions.status(name)["labels"] == {"new": "1"}
    assert functions.echoed(name)["version"] == "2"


def test_an_update_of_an_absent_function_is_404_and_deploys_nothing(functions: Functions) -> None:
    jobs = [job["ID"] for job in functions.world.nomad.jobs.get_jobs()]

    reply = functions.sdk.update(functions.world.deployment())

    assert reply.status == 404
    assert [job["ID"] for job in functions.world.nomad.jobs.get_jobs()] == jobs


def test_a_second_deploy_of_the_same_name_is_refused_and_changes_nothing(
    functions: Functions,
) -> None:
    sent = functions.world.deployment("1")
    name = functions.deploy(sent)

    reply = functions.sdk.deploy({**sent, "labels": {"second": "1"}})

    assert reply.status == 409
    assert functions.status(name)["labels"] == {}


def test_a_deleted_function_is_gone_everywhere(functions: Functions) -> None:
    name = functions.deploy(functions.world.deployment())
    job_id = functions.job_id(name)

    deleted = functions.sdk.delete(name)

    assert (deleted.status, deleted.body, deleted.error) == (202, "", "")
    assert functions.sdk.get(name).status == 404
    assert name not in [fn["name"] for fn in functions.sdk.list().result]
    assert functions.invoke(name).status_code == 404
    assert functions.sdk.delete(name).error == f"function {name} not found"
    assert functions.sdk.scale(name, 2).error == f"function {name} not found"
    assert job_id not in [job["ID"] for job in functions.world.nomad.jobs.get_jobs()]


def test_a_name_can_be_used_again_at_once_after_a_delete(functions: Functions) -> None:
    sent = functions.world.deployment("1")
    name = functions.deploy(sent)
    functions.sdk.delete(name)

    functions.deploy({**sent, "envVars": {**sent["envVars"], "VERSION": "2"}})

    assert functions.echoed(name)["version"] == "2"


def test_a_function_removed_behind_the_service_disappears(functions: Functions) -> None:
    name = functions.deploy(functions.world.deployment())

    functions.world.nomad.job.deregister_job(functions.job_id(name), purge=True)

    def gone() -> bool:
        return functions.sdk.get(name).status == 404 and functions.invoke(name).status_code == 404

    wait_until(gone, f"{name} is gone", GONE_WITHIN_S)


def test_the_minimum_label_is_the_first_number_of_replicas(functions: Functions) -> None:
    sent = functions.world.deployment(labels={"com.openfaas.scale.min": "2"})

    name = functions.deploy(sent, available=2)

    assert functions.status(name)["replicas"] == 2


def test_info_has_the_shape_of_the_address_it_is_asked_at(functions: Functions) -> None:
    gateway = functions.sdk.info()
    provider = httpx.get(f"{functions.service.provider_url}/system/info", timeout=5).json()

    assert gateway.error == ""
    assert gateway.result["provider"]["provider"] == provider["provider"] == "faas-nomad"
    assert provider["orchestration"] == "nomad"
    assert provider["version"]["release"]
    assert provider["version"]["sha"]
