"""Health checks for Nomad and readiness probes for the provider."""

from typing import Any, Literal

import pytest

from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.health import Readiness, readiness_of
from faas_nomad.translate.policy import CheckPolicy
from faas_nomad.translate.values import S
from support.deployments import OURS, annotated, deployment, group_of, job_of, policy

HEALTH = "com.openfaas.health.http."
READY = "com.openfaas.ready.http."


def checks(annotations: dict[str, str], settings: Any = None) -> list[dict[str, Any]]:
    service = group_of(deployment(annotations=annotations), settings or policy())["Services"][0]
    found: list[dict[str, Any]] = service["Checks"]
    return found


def test_the_default_check_asks_the_watchdog() -> None:
    assert checks({}) == [
        {
            "Name": "health",
            "Type": "http",
            "Path": "/_/health",
            "Interval": 2 * S,
            "Timeout": S,
            "CheckRestart": {"Limit": 3, "Grace": 10 * S},
        }
    ]


def test_openfaas_annotations_tune_the_check() -> None:
    tuned = {
        f"{HEALTH}path": "/healthz?deep=1",
        f"{HEALTH}initialDelay": "30s",
        f"{HEALTH}periodSeconds": "5",
        f"{HEALTH}timeoutSeconds": "2",
        f"{HEALTH}failureThreshold": "6",
    }

    assert checks(tuned) == [
        {
            "Name": "health",
            "Type": "http",
            "Path": "/healthz?deep=1",
            "Interval": 5 * S,
            "Timeout": 2 * S,
            "CheckRestart": {"Limit": 6, "Grace": 30 * S},
        }
    ]


def test_our_annotations_win_over_openfaas_ones() -> None:
    both = {
        f"{HEALTH}periodSeconds": "5",
        f"{HEALTH}initialDelaySeconds": "30",
        f"{OURS}check.interval": "7s",
        f"{OURS}check.timeout": "3s",
        f"{OURS}check.grace": "1m",
        f"{OURS}check.restart_limit": "1",
    }

    check = checks(both)[0]
    assert (check["Interval"], check["Timeout"]) == (7 * S, 3 * S)
    assert check["CheckRestart"] == {"Limit": 1, "Grace": 60 * S}


@pytest.mark.parametrize(
    ("said", "limit"),
    [
        ({}, 5),
        ({f"{OURS}check.interval": "1s"}, 10),
        ({f"{OURS}check.interval": "20s"}, 3),
        ({f"{HEALTH}failureThreshold": "2"}, 2),
        ({f"{OURS}check.restart_limit": "1"}, 1),
    ],
)
def test_a_check_gives_a_crashed_podman_task_the_time_to_be_back(
    said: dict[str, str], limit: int
) -> None:
    [check] = checks(said, policy("podman"))

    assert check["CheckRestart"]["Limit"] == limit


def test_a_restart_limit_of_zero_never_restarts() -> None:
    assert "CheckRestart" not in checks({f"{OURS}check.restart_limit": "0"})[0]


def test_a_tcp_check_has_no_path() -> None:
    check = checks({f"{OURS}check": "tcp"})[0]

    assert check["Type"] == "tcp"
    assert "Path" not in check


def test_without_a_check_a_running_task_is_healthy() -> None:
    group = group_of(annotated(check="none"))

    assert group["Services"][0]["Checks"] == []
    assert group["Update"]["HealthCheck"] == "task_states"
    assert group["Migrate"]["HealthCheck"] == "task_states"


def test_nomad_asks_a_function_with_tls_by_tls_and_looks_at_no_certificate() -> None:
    check = checks({f"{OURS}upstream_tls": "verify"})[0]
    assert (check["Protocol"], check["TLSSkipVerify"]) == ("https", True)

    check = checks({f"{OURS}upstream_tls": "verify", f"{OURS}check": "tcp"})[0]
    assert "Protocol" not in check
    assert "Protocol" not in checks({})[0]


@pytest.mark.parametrize(
    ("version", "provider", "kind"),
    [
        ("1.9.4", "nomad", "tcp"),
        ("1.9.6", "nomad", "http"),
        ("", "nomad", "http"),
        ("1.9.4", "consul", "http"),
    ],
)
def test_an_older_nomad_only_connects_to_a_function_with_tls(
    version: str, provider: Literal["nomad", "consul"], kind: str
) -> None:
    settings = policy(nomad_version=version, service_provider=provider)

    [check] = checks({f"{OURS}upstream_tls": "verify"}, settings)
    [plain] = checks({}, settings)

    assert check["Type"] == kind
    assert ("TLSSkipVerify" in check, "Path" in check) == (kind == "http", kind == "http")
    assert plain["Type"] == "http"


def test_the_policy_may_do_without_checks() -> None:
    settings = policy(check=CheckPolicy(kind="none"))

    assert checks({}, settings) == []
    assert checks({f"{OURS}check": "http"}, settings)[0]["Type"] == "http"


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (f"{HEALTH}path", "healthz"),
        (f"{HEALTH}path", "/${NOMAD_TOKEN}"),
        (f"{HEALTH}path", "/a b"),
        (f"{HEALTH}path", "http://other/"),
        (f"{HEALTH}path", "/" + "a" * 1024),
        (f"{HEALTH}initialDelay", "soon"),
        (f"{HEALTH}periodSeconds", "0"),
        (f"{HEALTH}timeoutSeconds", "500ms"),
        (f"{HEALTH}failureThreshold", "0"),
        (f"{READY}path", "ready"),
        (f"{READY}periodSeconds", "x"),
        (f"{READY}successThreshold", "0"),
        (f"{READY}failureThreshold", "0"),
        (f"{OURS}check", "grpc"),
        (f"{OURS}check.interval", "999ms"),
    ],
)
def test_an_annotation_that_cannot_be_understood_is_refused_by_name(key: str, text: str) -> None:
    with pytest.raises(InvalidDeploymentError) as refused:
        job_of(deployment(annotations={key: text}))

    assert refused.value.field == f'annotations["{key}"]'


def test_a_new_replica_is_asked_for_its_health_by_default() -> None:
    assert readiness_of(deployment()) == Readiness("http", "/_/health", 0, None, 1, 1)


def test_the_ready_path_comes_before_the_health_path() -> None:
    healthy = deployment(annotations={f"{HEALTH}path": "/h"})
    ready = deployment(
        annotations={
            f"{HEALTH}path": "/h",
            f"{READY}path": "/r",
            f"{READY}initialDelaySeconds": "2",
            f"{READY}periodSeconds": "3",
            f"{READY}timeoutSeconds": "4",
            f"{READY}successThreshold": "5",
        }
    )

    assert readiness_of(healthy).path == "/h"
    assert readiness_of(ready) == Readiness("http", "/r", 2, 3, 4, 5)


def test_readiness_reads_deployments_of_other_versions() -> None:
    fn = annotated(check="tcp", of_the_future="x")

    assert readiness_of(fn).kind == "tcp"


def test_readiness_follows_the_kind_of_check_unless_a_ready_path_is_given() -> None:
    assert readiness_of(annotated(check="tcp")).kind == "tcp"
    assert readiness_of(deployment(), default_kind="none").kind == "none"
    both = {f"{OURS}check": "none", f"{READY}path": "/r"}
    assert readiness_of(deployment(annotations=both)).kind == "http"
