"""The same tests on the stand-in and on the real Nomad: what passes on both cannot drift."""

import hashlib
from collections.abc import AsyncIterator, Iterator

import pytest

from support.nomad_agent import run_nomad_agent
from support.nomad_binary import require_nomad
from support.nomad_cluster import NomadCluster, connect, run_stand_in, wait_until_idle


@pytest.fixture(scope="session")
def embedded_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The stand-in, one for all tests, as a process of its own."""
    with run_stand_in(tmp_path_factory.mktemp("stand-in")) as address:
        yield address
        wait_until_idle(address)


@pytest.fixture(scope="session")
def real_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real agent, one for all tests; skips without a binary, fails where one is required."""
    with run_nomad_agent(require_nomad(), tmp_path_factory.mktemp("nomad")) as agent:
        yield agent.address
        wait_until_idle(agent.address)


@pytest.fixture(params=["embedded", pytest.param("real", marks=pytest.mark.real)])
async def cluster(request: pytest.FixtureRequest) -> AsyncIterator[NomadCluster]:
    """Both servers in turn; what a test registered is stopped after it."""
    address: str = request.getfixturevalue(f"{request.param}_address")
    handles = connect(address, is_real=request.param == "real")
    try:
        yield handles
        await handles.clean_up()
    finally:
        await handles.http.aclose()
        await handles.client.backend.client.aclose()


@pytest.fixture
def job_id(request: pytest.FixtureRequest) -> str:
    """A job ID of the test's own."""
    digest = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:10]
    return f"openfaas-t{digest}"
