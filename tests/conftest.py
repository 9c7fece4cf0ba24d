"""How the tests are dealt out among processes (`make test`, pytest-xdist)."""

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's tests of one world together: their servers are started once for them.

    By now pytest has put the tests of one world after another, so that each process goes through
    the worlds once, in the same order.
    """
    for item in items:
        callspec = getattr(item, "callspec", None)
        world = callspec.params.get("world", "") if callspec else ""
        item.add_marker(pytest.mark.xdist_group(f"{item.path.name}@{world}"))
