import pytest

from faas_nomad.translate.usage import Usage, usage_from_stats

MEASURED = ["RSS", "Swap"]


def stats(cpu: object, memory: object) -> dict[str, object]:
    return {"ResourceUsage": {"CpuStats": cpu, "MemoryStats": memory}, "Timestamp": 1}


def test_percent_of_a_core_become_millicores() -> None:
    found = stats(
        {"Measured": ["Percent"], "Percent": 84.5, "TotalTicks": 1940.2},
        {"Measured": MEASURED, "RSS": 1_773_568, "Usage": 0},
    )

    assert usage_from_stats(found) == Usage(845.0, 1_773_568)


def test_a_driver_without_resident_memory_tells_its_usage() -> None:
    found = stats({"Measured": ["Percent"], "Percent": 0.0}, {"Measured": ["Usage"], "Usage": 4096})

    assert usage_from_stats(found) == Usage(0.0, 4096)


@pytest.mark.parametrize("nothing", [None, {}, {"Measured": None, "Percent": 0.0}])
def test_what_was_not_measured_is_unknown_and_not_zero(nothing: object) -> None:
    assert usage_from_stats(stats(nothing, nothing)) is None
    assert usage_from_stats({"ResourceUsage": None}) is None
