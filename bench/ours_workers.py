"""Starts two workers with one function behind them: `python ours_workers.py PORT HOST:PORT`."""

import sys

import uvloop

from faas_nomad.proxy.limits import ProxyLimits
from faas_nomad.state.endpoints import Endpoint, Route, RouteTable
from faas_nomad.workers.pool import WorkerPool


async def serve(port: int, function: str) -> None:
    """Serve `/function/bench` from the function's address until killed."""
    host, _, function_port = function.partition(":")
    table = RouteTable()
    endpoint = Endpoint("bench", host, int(function_port))
    table.publish(("bench", "bench.openfaas-fn"), Route("bench.openfaas-fn", (endpoint,), 1))
    pool = WorkerPool(
        count=2,
        table=table,
        control_socket="/nonexistent",
        limits=ProxyLimits(),
        on_endpoint_failed=lambda _: None,
    )
    await pool.listen("127.0.0.1", port, "provider")
    await pool.run()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), sys.argv[2]))
