"""Taking files out of archives, the hostile ones too."""

import zipfile
from pathlib import Path

import pytest

from faas_nomad.tools.archives import inner_parts, unpack_folder, unpack_member
from faas_nomad.tools.errors import WayError
from support.release_site import zip_of


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

    unpack_member(tmp_path / "a.zip", "nomad", tmp_path / "out", 1000)

    assert not (tmp_path / "out").is_symlink()
    assert (tmp_path / "out").read_text() == str(secret)


def test_a_file_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()

    with pytest.raises(WayError, match=r"a\.zip cannot be unpacked \(Is a directory\)"):
        unpacked(tmp_path, zip_of({"nomad": b"good"}))


TREE = {"zig/zig": b"program", "zig/lib/a/b.h": b"b", "zig/docs/c": b"c", "zigs/d": b"d", "e": b"e"}


def tree(folder: Path, archive: bytes, limit_bytes: int = 1000, limit_files: int = 10) -> set[str]:
    """Unpack what is below `zig`, without its documents; return the names that are there then."""
    (folder / "a.zip").write_bytes(archive)
    to = folder / "out"
    unpack_folder(
        folder / "a.zip",
        "zig",
        to,
        wanted=lambda name: not name.startswith("docs/"),
        limit_bytes=limit_bytes,
        limit_files=limit_files,
    )
    return {str(path.relative_to(to)) for path in to.rglob("*") if path.is_file()}


def test_what_is_wanted_below_a_folder_comes_out_with_its_folders(tmp_path: Path) -> None:
    assert tree(tmp_path, zip_of(TREE)) == {"zig", "lib/a/b.h"}
    assert (tmp_path / "out" / "zig").read_bytes() == b"program"


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/x", "a//x", "./x", "a\\..\\x", "a/.."])
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(WayError, match=r"a\.zip holds a file with the name '.+', which is refused"):
        tree(tmp_path, zip_of({f"zig/{name}": b"bad"}))
    assert not (tmp_path / "x").exists()


def test_a_plain_name_is_taken_apart() -> None:
    assert inner_parts("a.zip", "lib/a b/..c.h") == ["lib", "a b", "..c.h"]


@pytest.mark.parametrize(
    ("limit_bytes", "limit_files"), [(7, 10), (1000, 1)], ids=["bytes", "files"]
)
def test_a_folder_over_a_bound_is_refused_before_anything_is_written(
    tmp_path: Path, limit_bytes: int, limit_files: int
) -> None:
    with pytest.raises(WayError, match=f"2 files with 8 bytes, over {limit_files} or"):
        tree(tmp_path, zip_of(TREE), limit_bytes, limit_files)
    assert not (tmp_path / "out").exists()


def test_a_file_in_the_place_of_a_folder_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(WayError, match=r"a\.zip cannot be unpacked"):
        tree(tmp_path, zip_of({"zig/a": b"file", "zig/a/b": b"below it"}))


def test_a_link_in_a_folder_cannot_lead_a_later_file_elsewhere(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("zig/a")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "made.zip", "w") as archive:
        archive.writestr(link, str(tmp_path))
        archive.writestr("zig/a/b", b"elsewhere")

    with pytest.raises(WayError, match=r"a\.zip cannot be unpacked"):
        tree(tmp_path, (tmp_path / "made.zip").read_bytes())
    assert not (tmp_path / "b").exists()
