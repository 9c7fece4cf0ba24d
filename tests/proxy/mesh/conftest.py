"""A mesh with its authority, and a data path that is a member of it."""

import ssl
from collections.abc import AsyncIterator, Iterator

import pytest

from faas_nomad.proxy.mesh import Mesh
from proxy.conftest import LIMITS, Proxy, running_proxy
from proxy.mesh.calls import ORDERS, Waking
from support.certificates import Authority, Certificate, make_authority
from support.mesh import identity, member, refusing_sidecar, sidecar


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("mesh"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("stranger"))


@pytest.fixture(scope="module")
def own(authority: Authority) -> Certificate:
    return member(authority, "faas-nomad")


@pytest.fixture(scope="module")
def of_orders(authority: Authority) -> ssl.SSLContext:
    return sidecar(member(authority, ORDERS), authority)


@pytest.fixture(scope="module")
def refusing(authority: Authority, stranger: Authority) -> Iterator[int]:
    """The port of a sidecar that refuses our certificate in the handshake, as by an intention."""
    with refusing_sidecar(sidecar(member(authority, ORDERS), stranger)) as port:
        yield port


@pytest.fixture
def mesh(authority: Authority, own: Certificate) -> Mesh:
    found = Mesh()
    found.take(identity(authority, own))
    return found


@pytest.fixture
def waking() -> Waking:
    return Waking()


@pytest.fixture
async def proxy(control_socket: str, mesh: Mesh, waking: Waking) -> AsyncIterator[Proxy]:
    async with running_proxy(control_socket, LIMITS, waking, mesh=mesh) as running:
        yield running
