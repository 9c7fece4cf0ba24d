"""Programs that are there already."""

from pathlib import Path

import pytest

from faas_nomad.tools.catalog import TOOLS, Version
from faas_nomad.tools.errors import WayError
from faas_nomad.tools.installed import in_cache, on_path, reported_version
from faas_nomad.tools.places import cached_path
from support.release_site import program_that_says

NOMAD = TOOLS["nomad"]


def install(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o755)
    return path


def test_a_good_version_on_path_is_found(tmp_path: Path) -> None:
    program = install(tmp_path / "nomad", program_that_says("Nomad v1.11.3"))

    assert on_path(NOMAD, {"PATH": f"/nowhere:{tmp_path}"}) == program


def test_an_old_version_on_path_is_refused_with_its_place_and_version(tmp_path: Path) -> None:
    program = install(tmp_path / "nomad", program_that_says("Nomad v1.4.2"))

    with pytest.raises(WayError) as error:
        on_path(NOMAD, {"PATH": str(tmp_path)})

    assert str(error.value) == f"PATH: {program} is 1.4.2; 1.11.1 or a later 1.x is needed"


@pytest.mark.parametrize("content", [b"#!/bin/sh\nexit 3\n", b"#!/no/such/shell\n", b"\x7fELF"])
def test_a_broken_program_on_path_is_refused(tmp_path: Path, content: bytes) -> None:
    install(tmp_path / "nomad", content)

    with pytest.raises(WayError, match="prints no version"):
        on_path(NOMAD, {"PATH": str(tmp_path)})


def test_a_program_that_is_nowhere_is_said_to_be_so(tmp_path: Path) -> None:
    environ = {"PATH": str(tmp_path), "HOME": str(tmp_path)}

    with pytest.raises(WayError, match="PATH: there is no nomad"):
        on_path(NOMAD, environ)
    with pytest.raises(WayError, match="cache: there is no"):
        in_cache(NOMAD, environ)


def test_what_is_in_the_cache_is_found(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path)}
    program = install(cached_path(environ, "nomad", NOMAD.version), b"")

    assert in_cache(NOMAD, environ) == program


def test_a_file_in_the_cache_that_cannot_be_run_is_not_taken(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path)}
    install(cached_path(environ, "nomad", NOMAD.version), b"").chmod(0o644)

    with pytest.raises(WayError, match="cache: there is no"):
        in_cache(NOMAD, environ)


def test_a_program_is_asked_without_the_certificates_that_stop_a_nomad_agent(
    tmp_path: Path,
) -> None:
    program = install(tmp_path / "nomad", b'#!/bin/sh\ntest -z "$AWS_CA_BUNDLE" && echo v1.2.3\n')

    assert reported_version(program, {"AWS_CA_BUNDLE": "/ca.pem"}) == Version(1, 2, 3)
