"""Jobs, deployments and evaluations as the API gives them."""

import json

import pytest

from faas_nomad.embedded import views
from support.embedded_cluster import KEY, ScriptedCluster
from support.nomad_job_specs import web_job


@pytest.fixture
def at() -> ScriptedCluster:
    scripted = ScriptedCluster()
    scripted.register(web_job(KEY[1], count=2))
    return scripted


def test_a_stub_has_its_meta_only_when_asked(at: ScriptedCluster) -> None:
    assert "Meta" not in views.job_stub(at.job(), at.allocs(), with_meta=False)
    assert views.job_stub(at.job(), at.allocs(), with_meta=True)["Meta"]["openfaas"] == "1"


def test_a_summary_counts_instances(at: ScriptedCluster) -> None:
    at.run_all()
    at.fail(at.allocs()[0])

    summary = views.job_summary(at.job(), at.allocs(live=False))["Summary"]["fn"]

    assert (summary["Running"], summary["Failed"], summary["Queued"]) == (1, 1, 0)


def test_what_cannot_be_placed_is_queued() -> None:
    at = ScriptedCluster()
    at.register({**web_job(KEY[1], count=3), "Datacenters": ["elsewhere"]})

    assert views.job_summary(at.job(), [])["Summary"]["fn"]["Queued"] == 3


def test_a_status_has_count_instances_and_deployment(at: ScriptedCluster) -> None:
    at.run_all()
    status = views.job_status(at.job(), at.allocs(), at.deployment())

    assert status["GroupCountSum"] == 2
    assert [a["ClientStatus"] for a in status["Allocs"]] == ["running", "running"]
    assert status["Allocs"][0]["DeploymentStatus"] == {"Canary": False, "Healthy": None}
    assert status["LatestDeployment"]["IsActive"] is True
    assert views.job_status(at.job(), [], None)["LatestDeployment"] is None


def test_a_deployment_is_encodable_and_whole(at: ScriptedCluster) -> None:
    view = json.loads(json.dumps(views.deployment_view(at.deployment())))

    assert view["TaskGroups"]["fn"]["RequireProgressBy"].endswith("Z")
    assert view["TaskGroups"]["fn"]["PlacedCanaries"] is None
    assert (view["JobVersion"], view["JobModifyIndex"]) == (0, at.job()["JobModifyIndex"])


def test_an_evaluation_leaves_out_what_is_empty(at: ScriptedCluster) -> None:
    (evaluation,) = at.store.evaluations.values()
    view = views.evaluation_view(evaluation)

    assert (view["Status"], view["TriggeredBy"]) == ("complete", "job-register")
    assert "BlockedEval" not in view
    assert "FailedTGAllocs" not in view
