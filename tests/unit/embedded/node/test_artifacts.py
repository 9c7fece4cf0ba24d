"""Artifacts from files; over HTTP they are tested with a server."""

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from faas_nomad.embedded.node.artifacts import ArtifactError, fetch_artifact


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "handler.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        info = tarfile.TarInfo("bin/run")
        info.size, info.mode = 5, 0o755
        tar.addfile(info, io.BytesIO(b"hello"))
    return path


@pytest.fixture
def content(archive: Path) -> bytes:
    return archive.read_bytes()


def artifact(source: Path | str, **more: Any) -> dict[str, Any]:
    return {"GetterSource": str(source), **more}


async def test_an_archive_is_unpacked(tmp_path: Path, archive: Path) -> None:
    for mode in ("any", "dir"):
        target = tmp_path / mode
        await fetch_artifact(artifact(archive, GetterMode=mode), target)

        assert (target / "bin/run").read_text() == "hello"
        assert [p.name for p in target.iterdir()] == ["bin"]


async def test_a_zip_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "h.zip"
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("run", "hello")

    await fetch_artifact(artifact(f"file://{path}"), tmp_path / "out")

    assert (tmp_path / "out/run").read_text() == "hello"


async def test_a_file_is_put_where_it_is_wanted(
    tmp_path: Path, archive: Path, content: bytes
) -> None:
    await fetch_artifact(artifact(archive, GetterMode="file"), tmp_path / "deep/name")

    assert (tmp_path / "deep/name").read_bytes() == content


async def test_a_plain_file_keeps_its_name_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("hello")

    await fetch_artifact(artifact(tmp_path / "run.sh"), tmp_path / "out")

    assert (tmp_path / "out/run.sh").read_text() == "hello"


async def test_a_checksum_must_match(tmp_path: Path, archive: Path, content: bytes) -> None:
    right = hashlib.sha256(content).hexdigest()
    good = artifact(archive, GetterOptions={"checksum": f"sha256:{right}"})
    bad = artifact(archive, GetterOptions={"checksum": f"sha256:{'0' * 64}"})

    await fetch_artifact(good, tmp_path / "good")
    with pytest.raises(ArtifactError, match="Checksums did not match"):
        await fetch_artifact(bad, tmp_path / "bad")
    assert not (tmp_path / "bad").exists()


async def test_an_archive_may_not_lead_out(tmp_path: Path) -> None:
    path = tmp_path / "evil.tar"
    with tarfile.open(path, "w") as tar:
        tar.addfile(tarfile.TarInfo("../evil"), io.BytesIO())

    with pytest.raises(ArtifactError):
        await fetch_artifact(artifact(path), tmp_path / "out")
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize(
    ("source", "mode", "text"),
    [
        ("/nowhere/at/all", "any", "FileNotFoundError"),
        ("git::https://x/y", "any", "http, https and files only"),
        ("s3://x/y", "any", "http, https and files only"),
        (__file__, "dir", "is no archive"),
    ],
)
async def test_what_cannot_be_had_says_why(
    tmp_path: Path, source: str, mode: str, text: str
) -> None:
    with pytest.raises(ArtifactError, match=text):
        await fetch_artifact(artifact(source, GetterMode=mode), tmp_path / "out")
