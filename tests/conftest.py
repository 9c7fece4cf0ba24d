"""How the tests are dealt out among processes (`make test`, pytest-xdist)."""

import re

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

_WORLD = re.compile(
    r"\[(?:.*-)?(docker|podman|raw_exec(?:/(?:consul-acl|consul|nomad-tls))?)(?:-.*)?\]$"
)


class WorldScheduling(LoadScopeScheduling):  # type: ignore[misc] # pytest-xdist has no types
    """Keeps a file's tests of one world together: their servers are started once for them.

    pytest puts the tests of one world after another, so that each process goes through the worlds
    once, in the same order.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        world = _WORLD.search(nodeid) if file.startswith("tests/stack/") else None
        return f"{file} {world[1]}" if world else file


@pytest.hookimpl
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> WorldScheduling:
    """Deal out the tests in this way."""
    return WorldScheduling(config, log)
