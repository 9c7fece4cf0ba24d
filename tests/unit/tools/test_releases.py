"""Reading published sums and archives, the hostile ones too."""

import zipfile
from pathlib import Path

import pytest

from faas_nomad.tools.errors import WayError
from faas_nomad.tools.releases import platform_name, published_sum, unpack_member
from support.release_site import zip_of

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


def unpacked(folder: Path, archive: bytes, limit_bytes: int = 1000) -> bytes:
    (folder / "a.zip").write_bytes(archive)
    unpack_member(folder / "a.zip", "nomad", folder / "out", limit_bytes)
    return (folder / "out").read_bytes()


def test_only_the_named_file_comes_out_of_an_archive(tmp_path: Path) -> None:
    archive = zip_of({"../escaped": b"x", "/tmp/escaped": b"x", "LICENSE": b"l", "nomad": b"good"})

    assert unpacked(tmp_path, archive) == b"good"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.zip", "out"]
    assert not (tmp_path.parent / "escaped").exists()


@pytest.mark.parametrize("name", ["../nomad", "/nomad", "bin/nomad", "nomad/", "NOMAD"])
def test_a_file_of_nearly_the_right_name_is_not_taken(tmp_path: Path, name: str) -> None:
    with pytest.raises(WayError, match=r"a\.zip holds no file called nomad"):
        unpacked(tmp_path, zip_of({name: b"bad"}))
    assert not (tmp_path / "out").exists()


def test_a_file_that_unpacks_to_more_than_the_limit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WayError, match="nomad has 1001 bytes, over 1000"):
        unpacked(tmp_path, zip_of({"nomad": b"\0" * 1001}))


def test_an_archive_that_lies_about_a_size_does_not_pass_the_limit(tmp_path: Path) -> None:
    archive = zip_of({"nomad": b"\0" * 5000})
    stated = (5000).to_bytes(4, "little")
    assert archive.count(stated) == 2

    with pytest.raises(WayError, match="is no good zip archive"):
        unpacked(tmp_path, archive.replace(stated, (10).to_bytes(4, "little")))
    assert (tmp_path / "out").stat().st_size <= 1000


@pytest.mark.parametrize("kept", [0, 10, 60, -1])
def test_a_cut_archive_is_refused(tmp_path: Path, kept: int) -> None:
    with pytest.raises(WayError, match="is no good zip archive"):
        unpacked(tmp_path, zip_of({"nomad": b"good"})[:kept])


def test_an_archive_with_a_changed_byte_is_refused(tmp_path: Path) -> None:
    archive = bytearray(zip_of({"nomad": bytes(range(256))}))
    archive[40] ^= 0xFF

    with pytest.raises(WayError, match="is no good zip archive"):
        unpacked(tmp_path, bytes(archive))


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    archive = bytearray(zip_of({"nomad": b"good"}))
    archive[6] |= 1
    archive[archive.index(b"PK\x01\x02") + 8] |= 1

    with pytest.raises(WayError, match="is no good zip archive"):
        unpacked(tmp_path, bytes(archive))


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    link = zipfile.ZipInfo("nomad")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, str(secret))

    unpack_member(tmp_path / "a.zip", "nomad", tmp_path / "out")

    assert not (tmp_path / "out").is_symlink()
    assert (tmp_path / "out").read_text() == str(secret)
