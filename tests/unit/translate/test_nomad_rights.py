"""A refusal names the right that was lacking."""

import pytest

from faas_nomad.translate.nomad_rights import right_for


@pytest.mark.parametrize(
    ("method", "path", "right"),
    [
        ("GET", "/v1/jobs", 'the capability "list-jobs" in the namespace "dev"'),
        ("GET", "/v1/jobs/statuses", 'the capability "read-job" in the namespace "dev"'),
        ("POST", "/v1/jobs", 'the capability "submit-job" in the namespace "dev"'),
        ("POST", "/v1/job/openfaas-a/plan", 'the capability "submit-job" in the namespace "dev"'),
        ("GET", "/v1/job/openfaas-a/plan", 'the capability "read-job" in the namespace "dev"'),
        ("GET", "/v1/event/stream", 'the capability "read-job" in the namespace "dev"'),
        ("GET", "/v1/client/fs/logs/x", 'the capability "read-logs" in the namespace "dev"'),
        ("PUT", "/v1/var/a/b", '"write" on the variables path "a/b" in the namespace "dev"'),
        ("GET", "/v1/nodes", 'node { policy = "read" }'),
        ("GET", "/v1/status/leader", ""),
    ],
)
def test_each_call_has_its_right(method: str, path: str, right: str) -> None:
    assert right_for(method, path, {"namespace": "dev"}) == right


def test_all_namespaces_and_the_default_one_are_named() -> None:
    assert right_for("GET", "/v1/jobs", {"namespace": "*"}).endswith("of every function")
    assert right_for("GET", "/v1/jobs", {}).endswith('"default"')
