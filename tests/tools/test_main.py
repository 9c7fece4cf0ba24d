"""`python -m faas_nomad.tools` as a user runs it: a process of its own, nothing installed."""

import subprocess
import sys
from pathlib import Path

import pytest

from faas_nomad.tools.obtaining import Site
from support.release_site import ReleaseSite, program_that_says, zip_of

SOURCES = Path(__file__).resolve().parents[2] / "src"
NOMAD = zip_of({"nomad": program_that_says("Nomad v1.11.1")})


def run(site: Site, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the module without site-packages (-S): it has the standard library and nothing else."""
    return subprocess.run(
        [sys.executable, "-S", "-m", "faas_nomad.tools", *arguments],
        env={**site.environ, "PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_path_is_printed_alone_and_the_rest_goes_to_standard_error(
    site: Site, releases_site: ReleaseSite
) -> None:
    releases_site.publish("nomad", "1.11.1", NOMAD)

    first, second = run(site, "nomad"), run(site, "nomad")

    path = f"{site.environ['HOME']}/.cache/faas-nomad/tools/nomad/1.11.1/nomad\n"
    assert (first.returncode, first.stdout) == (0, path)
    assert "downloading nomad 1.11.1 [####" in first.stderr
    assert (second.returncode, second.stdout, second.stderr) == (0, path, "")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nomda"], 1, "tool 'nomda': expected one of nomad, consul, vault"),
        ([], 2, "the following arguments are required: NAME"),
    ],
)
def test_a_wrong_name_is_refused(site: Site, arguments: list[str], code: int, message: str) -> None:
    answer = run(site, *arguments)

    assert (answer.returncode, answer.stdout) == (code, "")
    assert message in answer.stderr


def test_many_at_once_fetch_a_program_once(site: Site, releases_site: ReleaseSite) -> None:
    release = releases_site.publish("nomad", "1.11.1", NOMAD)
    command = [sys.executable, "-S", "-m", "faas_nomad.tools", "nomad"]
    environ = {**site.environ, "PYTHONPATH": str(SOURCES)}

    several = [
        subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    printed = {process.communicate(timeout=60)[0] for process in several}

    assert [process.returncode for process in several] == [0] * 4
    assert len(printed) == 1
    assert releases_site.asked == [release.sums, release.archive]
