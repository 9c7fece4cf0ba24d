"""Names of releases, and reading published sums."""

import pytest

from faas_nomad.tools.errors import WayError
from faas_nomad.tools.releases import platform_name, published_sum

SUM = "ab" * 32


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [
        ("Linux", "x86_64", "linux_amd64"),
        ("Linux", "aarch64", "linux_arm64"),
        ("Darwin", "arm64", "darwin_arm64"),
    ],
)
def test_a_machine_has_hashicorps_name(system: str, machine: str, name: str) -> None:
    assert platform_name(system, machine) == name


@pytest.mark.parametrize(("system", "machine"), [("Linux", "riscv64"), ("Windows", "AMD64")])
def test_a_machine_without_releases_is_named(system: str, machine: str) -> None:
    with pytest.raises(WayError, match=f"there is no release for {system} on {machine}"):
        platform_name(system, machine)


def test_the_sum_of_exactly_the_named_file_is_taken() -> None:
    sums = f"{'0' * 64}  nomad.zip.sig\n{SUM.upper()}  nomad.zip\n{'1' * 64}  old-nomad.zip\n"

    assert published_sum(sums, "nomad.zip") == SUM


@pytest.mark.parametrize(
    "sums", ["", "<html>not found</html>", f"{SUM}  other.zip", "12ab  nomad.zip", "  nomad.zip"]
)
def test_sums_without_a_whole_sum_for_the_file_are_refused(sums: str) -> None:
    with pytest.raises(WayError, match=r"no SHA-256 for nomad\.zip"):
        published_sum(sums, "nomad.zip")
