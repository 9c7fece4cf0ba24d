"""limits and requests become what Nomad reserves and caps."""

from typing import Any

import pytest

from faas_nomad.translate.errors import InvalidDeploymentError
from support.deployments import annotated, deployment, policy, task_of


def resources(settings: Any = None, **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = task_of(deployment(**fields), settings or policy())["Resources"]
    return found


def test_without_limits_and_requests_the_policy_decides() -> None:
    assert resources() == {"CPU": 100, "MemoryMB": 128}


@pytest.mark.parametrize(
    ("text", "mhz"),
    [("100m", 200), ("0.5", 1000), ("1", 2000), ("1e1", 20_000), ("1m", 2), ("1n", 1), ("0", 1)],
)
def test_cpu_is_counted_in_mhz_rounded_up(text: str, mhz: int) -> None:
    assert resources(limits={"cpu": text})["CPU"] == mhz


@pytest.mark.parametrize(
    ("text", "mb"),
    [
        ("128Mi", 128),
        ("128M", 123),
        ("128MB", 123),
        ("1Gi", 1024),
        ("134217728", 128),
        ("134217729", 129),
        ("5Mi", 10),
        ("0", 10),
    ],
)
def test_memory_is_counted_in_mebibytes_rounded_up_and_at_least_10(text: str, mb: int) -> None:
    assert resources(limits={"memory": text})["MemoryMB"] == mb


def test_bare_integers_may_be_those_of_the_earlier_providers() -> None:
    settings = policy(cpu_bare_integer="mhz", memory_bare_integer="mb")

    limits = {"cpu": "500", "memory": "64"}
    assert resources(settings, limits=limits) == {"CPU": 500, "MemoryMB": 64}
    with_units = {"cpu": "500m", "memory": "64Mi"}
    assert resources(settings, limits=with_units) == {"CPU": 1000, "MemoryMB": 64}


def test_the_cpu_limit_counts_where_it_is_a_quota() -> None:
    both = {"limits": {"cpu": "1"}, "requests": {"cpu": "100m"}}

    assert resources(**both)["CPU"] == 2000
    assert resources(policy(cpu_hard_limit=False), **both)["CPU"] == 200
    assert resources(policy("raw_exec"), **both)["CPU"] == 200


def test_a_limit_alone_is_also_the_request() -> None:
    assert resources(policy("raw_exec"), limits={"cpu": "1"})["CPU"] == 2000


def test_a_cpu_limit_makes_a_quota_and_a_request_does_not() -> None:
    assert task_of(deployment(limits={"cpu": "1"}))["Config"]["cpu_hard_limit"] is True
    assert "cpu_hard_limit" not in task_of(deployment(requests={"cpu": "1"}))["Config"]
    settings = policy(cpu_hard_limit=False)
    assert "cpu_hard_limit" not in task_of(deployment(limits={"cpu": "1"}), settings)["Config"]


def test_without_oversubscription_the_memory_limit_is_reserved() -> None:
    both = {"limits": {"memory": "1Gi"}, "requests": {"memory": "64Mi"}}

    assert resources(**both) == {"CPU": 100, "MemoryMB": 1024}
    assert resources(requests={"memory": "64Mi"})["MemoryMB"] == 64


def test_with_oversubscription_the_request_is_reserved_and_the_limit_caps() -> None:
    settings = policy(memory_oversubscription=True)
    both = {"limits": {"memory": "1Gi"}, "requests": {"memory": "64Mi"}}

    assert resources(settings, **both) == {"CPU": 100, "MemoryMB": 64, "MemoryMaxMB": 1024}
    assert resources(settings, limits={"memory": "1Gi"}) == {"CPU": 100, "MemoryMB": 1024}
    same = {"limits": {"memory": "64Mi"}, "requests": {"memory": "64Mi"}}
    assert resources(settings, **same) == {"CPU": 100, "MemoryMB": 64}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"limits": {"memory": "12Qx"}}, 'limits.memory: "12Qx" is not a quantity'),
        ({"requests": {"memory": "-1"}}, 'requests.memory: "-1" is not a quantity'),
        ({"limits": {"cpu": "much"}}, 'limits.cpu: "much" is not a quantity'),
        ({"limits": {"cpu": "1E"}}, 'limits.cpu: "1E" is not at most 100000 cores'),
        ({"limits": {"memory": "2Ei"}}, 'limits.memory: "2Ei" is not at most 1Pi'),
        (
            {"limits": {"memory": "3Mi"}, "requests": {"memory": "5Mi"}},
            'requests.memory: "5Mi" is not at most limits.memory, 3Mi',
        ),
        (
            {"limits": {"cpu": "1"}, "requests": {"cpu": "1001m"}},
            'requests.cpu: "1001m" is not at most limits.cpu, 1',
        ),
        (
            {"limits": {"nvidia.com/gpu": "1"}, "requests": {"nvidia.com/gpu": "2"}},
            'requests.nvidia.com/gpu: "2" is not limits.nvidia.com/gpu, 1',
        ),
        ({"limits": {"amd.com/gpu": "half"}}, 'limits.amd.com/gpu: "half" is not a whole number'),
    ],
)
def test_a_quantity_that_cannot_be_is_refused_by_name(fields: Any, message: str) -> None:
    with pytest.raises(InvalidDeploymentError) as refused:
        resources(**fields)

    assert str(refused.value).startswith(message)


def test_gpus_are_devices() -> None:
    limits = {"nvidia.com/gpu": "2", "amd.com/gpu": "0"}

    assert resources(limits=limits, requests={"intel.com/gpu": "1"})["Devices"] == [
        {"Name": "nvidia/gpu", "Count": 2},
        {"Name": "intel/gpu", "Count": 1},
    ]


def test_whole_cores_take_the_place_of_shares() -> None:
    assert task_of(annotated(cores="2"))["Resources"] == {"Cores": 2, "MemoryMB": 128}
    with pytest.raises(InvalidDeploymentError, match="cores"):
        task_of(annotated(cores="0"))
