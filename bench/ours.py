"""Starts the data path alone, with one function behind it: `python ours.py PORT HOST:PORT`."""

import asyncio
import sys

import uvloop

from faas_nomad.proxy.server import DataPath
from faas_nomad.proxy.tuning import tune_memory
from faas_nomad.state.endpoints import Endpoint, Route, RouteTable


async def serve(port: int, function: str) -> None:
    """Serve `/function/bench` from the function's address until killed."""
    host, _, function_port = function.partition(":")
    table = RouteTable()
    endpoint = Endpoint("bench", host, int(function_port))
    table.publish(("bench", "bench.openfaas-fn"), Route("bench.openfaas-fn", (endpoint,), 1))
    path = DataPath(table=table, control_socket="/nonexistent")
    await path.listen("127.0.0.1", port, "provider")
    tune_memory()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), sys.argv[2]))
