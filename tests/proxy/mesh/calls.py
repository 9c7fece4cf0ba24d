"""Calls of a function in Consul's service mesh, through a data path that is a member of it."""

from faas_nomad.state.endpoints import Endpoint, Route
from proxy.conftest import Proxy
from proxy.message import Message, request

ORDERS = "openfaas-orders"


class Waking:
    """Counts who asks for a first replica."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def wake(self, function: str) -> bool:
        self.asked.append(function)
        return True


def publish(proxy: Proxy, *ports: int, service: str = ORDERS) -> None:
    endpoints = tuple(
        Endpoint(f"f-{index}", "127.0.0.1", port, service=service)
        for index, port in enumerate(ports)
    )
    proxy.table.publish(("f",), Route("f.openfaas-fn", endpoints, len(ports)))


async def ask(proxy: Proxy, *, method: str = "GET", body: bytes | None = None) -> Message:
    caller = await proxy.connect()
    await caller.send(request(method=method, body=body))
    return await caller.read_message()
