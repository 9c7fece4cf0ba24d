from collections.abc import Iterator

import pytest

from support.nomad_agent import NomadAgent, run_nomad_agent
from support.nomad_binary import require_nomad


@pytest.fixture(scope="session")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NomadAgent]:
    with run_nomad_agent(require_nomad(), tmp_path_factory.mktemp("nomad"), acl=True) as running:
        yield running
