"""A job as a job file: all that the job says, or an error."""

from typing import Any

import pytest

from faas_nomad.translate.hcl.job import NoHclError, job_hcl
from support.deployments import annotated, deployment, job_of, policy


def test_names_times_and_blocks_are_those_of_job_files() -> None:
    text = job_hcl(job_of(deployment(limits={"memory": "64Mi"})))

    assert text.startswith('job "openfaas-figlet" {\n')
    assert '  group "fn" {\n' in text
    assert '      port "http" {\n        to = 8080\n' in text
    assert 'kill_timeout = "' in text
    assert "        memory = 64\n" in text
    assert "Name" not in text


def test_what_a_driver_cannot_be_told_as_a_block_is_an_attribute() -> None:
    text = job_hcl(job_of(annotated(docker__ulimit="nofile=10:20")))

    assert 'ulimit = [\n          {\n            nofile = "10:20"' in text


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"Newfangled": 1}, "Job.Newfangled"),
        ({"UI": {"Shiny": 1}}, "Job.UI.Shiny"),
        ({"TaskGroups": [{"Name": "fn", "Scaling": {"Type": "vertical"}}]}, "Job.TaskGroups.Sca"),
        ({"TaskGroups": [{"Name": "f", "Tasks": [{"Name": "t", "Config": {"a.b": 1}}]}]}, "config"),
    ],
)
def test_what_has_no_spelling_is_an_error_and_not_left_out(
    more: dict[str, Any], place: str
) -> None:
    with pytest.raises(NoHclError, match=place):
        job_hcl({"ID": "a", "Name": "a", **more})


def test_all_drivers_have_their_spelling() -> None:
    for driver in ("docker", "podman", "exec", "raw_exec"):
        assert job_hcl(job_of(settings=policy(driver))).count(f'driver = "{driver}"') == 1
