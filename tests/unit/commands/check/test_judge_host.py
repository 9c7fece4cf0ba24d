"""What is said of this machine and the settings."""

import pytest

from faas_nomad.commands.check.facts import HostFacts, PortUse
from faas_nomad.commands.check.findings import Level
from faas_nomad.commands.check.judge_host import judge_host
from faas_nomad.settings.page import settings_from

SETTINGS = settings_from({"basic_auth": True})


@pytest.mark.parametrize(
    ("use", "level"),
    [
        (PortUse.FREE, Level.OK),
        (PortUse.OURS, Level.OK),
        (PortUse.TAKEN, Level.FAILURE),
        (PortUse.FORBIDDEN, Level.FAILURE),
        (PortUse.NO_SUCH_ADDRESS, Level.FAILURE),
    ],
)
def test_ports_are_judged(use: PortUse, level: Level) -> None:
    [found] = judge_host(SETTINGS, HostFacts({"port": use}), (), 0.0)

    assert (found.subject, found.level) == ("port", level)


def test_files_notices_and_open_doors_are_told() -> None:
    facts = HostFacts({}, {"nomad_cacert": "/x cannot be read: no such file"})
    found = list(judge_host(settings_from({}), facts, ("a notice",), 0.0))

    assert [(one.subject, one.level) for one in found] == [
        ("nomad_cacert", Level.FAILURE),
        ("basic_auth", Level.WARNING),
        ("settings", Level.WARNING),
    ]


def test_the_certificate_that_callers_are_shown_is_judged() -> None:
    facts = HostFacts({}, certificate_ends_s=100.0)

    [found] = judge_host(SETTINGS, facts, (), 200.0)
    assert (found.subject, found.level) == ("tls_cert", Level.FAILURE)
