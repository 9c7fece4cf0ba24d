"""Workers are members of Consul's service mesh: those there are, and those to come."""

import os
import signal

import pytest

from faas_nomad.state.endpoints import Endpoint, Route
from proxy.origin import origin
from support.certificates import Authority, make_authority
from support.mesh import identity, member, sidecar
from support.waiting import until
from workers.conftest import Workers

ORDERS = "openfaas-orders"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("mesh"))


def publish(workers: Workers, port: int) -> None:
    endpoint = Endpoint("f-0", "127.0.0.1", port, service=ORDERS)
    workers.table.publish(("f",), Route("f.openfaas-fn", (endpoint,), 1))


async def statuses(workers: Workers) -> list[int]:
    return [(await caller.call()).status for caller in await workers.one_caller_each()]


async def test_an_identity_reaches_every_worker_and_their_successors(
    workers: Workers, authority: Authority, capfd: pytest.CaptureFixture[str]
) -> None:
    async with origin(tls=sidecar(member(authority, ORDERS), authority)) as replica:
        publish(workers, replica.port)
        assert await statuses(workers) == [503, 503]

        us = identity(authority, member(authority, "faas-nomad"))
        workers.pool.take_identity(us)
        assert await statuses(workers) == [200, 200]

        os.kill(workers.pool.pids[0], signal.SIGKILL)
        await until(lambda: workers.pool.supervisor.restarts == 1, "it is replaced")
        await workers.listening()
        assert await statuses(workers) == [200, 200]
    said = capfd.readouterr()
    assert "PRIVATE KEY" not in said.out + said.err
