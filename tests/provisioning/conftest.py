from collections.abc import Iterator

import pytest

from support.nomad_agent import NomadAgent, require_nomad, run_nomad_agent


@pytest.fixture(scope="session")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NomadAgent]:
    with run_nomad_agent(require_nomad(), tmp_path_factory.mktemp("nomad"), acl=True) as running:
        yield running
