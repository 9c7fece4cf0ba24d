"""The pinned wheels, and the choice among them."""

import re
from collections.abc import Mapping

import pytest

from faas_nomad.tools import uv, zig
from faas_nomad.tools.errors import WayError
from faas_nomad.tools.wheels import Machine, Wheel, this_machine, wheel_for

WHEELS = {("Linux", "x86_64"): Wheel("a", "0"), ("Linux", "aarch64"): Wheel("b", "1")}


@pytest.mark.parametrize("machine", WHEELS)
def test_a_machine_gets_its_own_wheel(machine: Machine) -> None:
    assert wheel_for("zig", machine, WHEELS, "do without") == WHEELS[machine]


@pytest.mark.parametrize("machine", [("Linux", "riscv64"), ("Darwin", "arm64"), ("", "")])
def test_a_machine_without_a_wheel_is_named_with_what_to_do(machine: Machine) -> None:
    with pytest.raises(WayError) as error:
        wheel_for("zig", machine, WHEELS, "put gcc on PATH")

    told = f"no zig wheel is known for {machine[0]} on {machine[1]}; put gcc on PATH"
    assert str(error.value) == told


def test_this_machine_is_named_as_the_tables_name_it() -> None:
    assert this_machine()[0] in {"Linux", "Darwin"}


@pytest.mark.parametrize(
    ("wheels", "file_name"),
    [(uv.WHEELS, f"uv-{uv.UV.version}-"), (zig.WHEELS, f"ziglang-{zig.ZIG}-")],
    ids=["uv", "zig"],
)
def test_every_wheel_is_of_the_pinned_version_and_machine_and_has_a_whole_sum(
    wheels: Mapping[Machine, Wheel], file_name: str
) -> None:
    for (system, machine), wheel in wheels.items():
        assert re.fullmatch(r"packages/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{60}/[^/]+\.whl", wheel.path)
        assert wheel.path.rpartition("/")[2].startswith(file_name)
        assert wheel.path.endswith(f"_{machine}.whl")
        assert ("macosx" in wheel.path) == (system == "Darwin")
        assert re.fullmatch(r"[0-9a-f]{64}", wheel.sha256)


def test_usual_machines_have_wheels() -> None:
    linux = {("Linux", "x86_64"), ("Linux", "aarch64")}

    assert linux | {("Darwin", "arm64")} < set(uv.WHEELS)
    assert linux == set(zig.WHEELS)
