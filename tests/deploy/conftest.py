from collections.abc import Iterator

import pytest

from support.monitoring import Monitoring, run_monitoring


@pytest.fixture(scope="session")
def monitoring() -> Iterator[Monitoring]:
    with run_monitoring() as running:
        yield running
