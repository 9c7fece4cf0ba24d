"""The shipped files as their own programs check them, and what their rules do."""

import re
import subprocess
from pathlib import Path

import pytest

from support.monitoring import require_program
from support.shipped_jobs import DEPLOY

PROMETHEUS = DEPLOY / "prometheus"
RULE_TESTS = sorted((PROMETHEUS / "tests").glob("*.test.yml"))


def run(*command: str | Path) -> None:
    done = subprocess.run(
        list(map(str, command)), cwd=PROMETHEUS, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def promtool() -> str:
    return require_program("promtool", "prometheus")


def test_prometheus_takes_its_file_and_the_rules(promtool: str) -> None:
    run(promtool, "check", "config", PROMETHEUS / "prometheus.yml")


def test_alertmanager_takes_its_file() -> None:
    amtool = require_program("amtool", "prometheus-alertmanager")

    run(amtool, "check-config", DEPLOY / "alertmanager" / "alertmanager.yml")


@pytest.mark.parametrize("file", RULE_TESTS, ids=lambda file: file.name)
def test_rules_do_what_their_tests_say(promtool: str, file: Path) -> None:
    run(promtool, "test", "rules", file)


def test_every_alert_and_record_has_a_test() -> None:
    texts = [file.read_text() for file in (PROMETHEUS / "rules").glob("*.yml")]
    lines = [line.strip() for text in texts for line in text.splitlines()]
    named = {line.split(": ")[1] for line in lines if line.startswith(("- alert:", "- record:"))}
    tested = "".join(file.read_text() for file in RULE_TESTS)

    assert {name for name in named if name not in tested} == {
        "function_name:available_replicas:max",  # by the alerts made of it
        "provider:api_calls:rate1m",  # a plain sum
    }


@pytest.mark.parametrize(
    "file",
    [
        DEPLOY.parent / "Dockerfile",
        DEPLOY / "systemd" / "faas-nomad.service",
        DEPLOY / "nomad" / "faas-nomad.nomad.hcl",
        DEPLOY / "nomad" / "faas-nomad-exec.nomad.hcl",
    ],
    ids=lambda file: file.name,
)
def test_memory_goes_back_page_by_page_however_it_is_started(file: Path) -> None:
    """The test of many log readers runs with this setting."""
    assert re.search(r'PYTHONMALLOC *= *"?malloc"?\s', file.read_text())
