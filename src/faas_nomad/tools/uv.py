"""Fetches uv, the program that installs this project's locked dependencies, as its wheel.

The wheels are static programs in a zip archive, so neither pip nor a C library of some age is
needed. Names and sums are those of https://pypi.org/simple/uv/ and move together with `UV`.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from faas_nomad.tools.archives import unpack_member
from faas_nomad.tools.catalog import Tool, Version
from faas_nomad.tools.obtaining import Site
from faas_nomad.tools.wheels import Machine, Wheel, fetch_wheel, this_machine, wheel_for

UV = Tool("uv", Version(0, 13, 8))
PROGRAM_LIMIT_BYTES = 200_000_000

WHEELS: Mapping[Machine, Wheel] = MappingProxyType(
    {
        ("Linux", "x86_64"): Wheel(
            "packages/4d/a3/1ac9cd75985371da0d29c9c12132e6d5b5627b9d0de87c5ad97ab9ad69b0/"
            "uv-0.13.8-py3-none-musllinux_1_1_x86_64.whl",
            "29451c60f5e8b07403e0a175d5229efc36b0289b34143ff4aaa499a5dd52553a",
        ),
        ("Linux", "aarch64"): Wheel(
            "packages/9e/f0/d989ac5fcebf83f1c8c5d78974f27788e8364945969eb646f5d0db35d924/"
            "uv-0.13.8-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64"
            ".musllinux_1_1_aarch64.whl",
            "0b3e8b1a4f5e405e31e2ff33de8af4744831e9f7338539671efbd8c3c94e791d",
        ),
        ("Darwin", "x86_64"): Wheel(
            "packages/be/7a/fd8a719c0198f8f8341847fc33b377f25ac79f7c4a56dbce5ceb086f239c/"
            "uv-0.13.8-py3-none-macosx_10_12_x86_64.whl",
            "b7124ca1956ec2e476a1003ea5715a15f0266afaec37f4dc9c6972ba8183e6d1",
        ),
        ("Darwin", "arm64"): Wheel(
            "packages/84/46/deb3a1eb3020575e41d1f9840c07185761d8d4c25cd6f58e813afb017476/"
            "uv-0.13.8-py3-none-macosx_11_0_arm64.whl",
            "62b6943c7fd64fac6854f780bea6e0359e5a5bc3241f83ee357bb38276afac49",
        ),
    }
)


def uv_from_wheel(
    tool: Tool,
    to: Path,
    site: Site,
    wheels: Mapping[Machine, Wheel] = WHEELS,
) -> None:
    """Fetch uv's wheel for this machine, check it, and write its program to `to`.

    Raises:
        WayError: It cannot be fetched, or is not what was published.
        SettingError: The address of the files cannot be used.
    """
    wheel = wheel_for("uv", this_machine(), wheels, "put uv on PATH")
    archive = to.with_name("uv.whl")
    label = f"{tool.name} {tool.version}"
    fetch_wheel(wheel, archive, label, site.environ, site.progress, site.patience)
    unpack_member(archive, f"uv-{tool.version}.data/scripts/uv", to, PROGRAM_LIMIT_BYTES)
