"""The data path as N processes on the same ports; what `proxy.server.DataPath` is for one.

How to use it, within a running loop::

    pool = WorkerPool(count=2, table=table, control_socket=socket, limits=limits, ...)
    port = await pool.listen("0.0.0.0", 8080, "gateway")
    registry.register(DataPathCollector(pool.stats))
    running = asyncio.ensure_future(pool.run())     # starts the workers; never returns
    ...
    pool.leave()
    await pool.drain()
    pool.close()                                    # then cancel `running`

Every worker has a listening socket of its own for the same port, and the kernel deals the callers'
connections out among those that listen (SO_REUSEPORT). The pool itself keeps the ports bound,
without listening, so that a port is refused at the start and cannot be lost between two workers.
Parent and worker talk over a pair of Unix sockets: nobody else can, and each sees the other's end.
"""

import asyncio
import signal
import time
from asyncio.subprocess import Process
from collections.abc import Callable
from typing import Literal, Never

from faas_nomad.proxy.certificate import Certificate, CertificateFiles
from faas_nomad.proxy.context import Waker
from faas_nomad.proxy.limits import ProxyLimits
from faas_nomad.proxy.stats import Stats
from faas_nomad.state.endpoints import RouteTable
from faas_nomad.state.mesh import MeshIdentity
from faas_nomad.workers.child import exit_code, kill, start_worker, terminate
from faas_nomad.workers.hub import MAX_SILENT_TICKS, Hub
from faas_nomad.workers.messages import Address, Start
from faas_nomad.workers.supervisor import Supervisor

GONE_WITHIN_S = 5.0
"""From the end of the talk, or of the drain time, to the end of the process."""
_DRAINED = (0, -signal.SIGTERM)
"""The latter: it was told so early that it had no callers yet."""


class WorkerPool:
    """See the module."""

    def __init__(
        self,
        *,
        count: int,
        table: RouteTable,
        control_socket: str,
        limits: ProxyLimits,
        on_endpoint_failed: Callable[[str], None],
        max_silent_ticks: int = MAX_SILENT_TICKS,
        waker: Waker | None = None,
        ca_file: str = "",
        certificate: CertificateFiles | None = None,
    ) -> None:
        self._certificate_files = certificate
        self._certificate = Certificate(certificate) if certificate else None
        self.hub = Hub(table, on_endpoint_failed, time.monotonic, max_silent_ticks, waker)
        self._wakes = waker is not None
        self._ca_file = ca_file
        self.supervisor = Supervisor(count, self._run_worker)
        self._control_socket = control_socket
        self._limits = limits
        self._addresses: list[Address] = []
        self._bound: list[asyncio.Server] = []
        self._processes: set[Process] = set()
        self._is_draining = False

    @property
    def stats(self) -> Stats:
        """The counters of all workers, those that died among them."""
        return self.hub.sum.stats

    @property
    def pids(self) -> list[int]:
        """The workers' process ids."""
        return sorted(process.pid for process in self._processes)

    async def listen(self, host: str, port: int, address: Literal["gateway", "provider"]) -> int:
        """Take the port for the workers that `run` starts; 0 lets the kernel pick one.

        Raises:
            OSError: The address cannot be had.
        """
        loop = asyncio.get_running_loop()
        # Without SO_REUSEPORT first: another service with workers would share its port with us.
        trial = await loop.create_server(asyncio.Protocol, host, port, start_serving=False)
        trial.close()
        bound = await loop.create_server(
            asyncio.Protocol, host, port, start_serving=False, reuse_port=True
        )
        self._bound.append(bound)
        port = int(bound.sockets[0].getsockname()[1])
        self._addresses.append(Address(host, port, address))
        return port

    async def run(self) -> Never:
        """Keep the workers running until cancelled."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self.hub.run()), group.create_task(self.supervisor.run())]
        raise AssertionError(f"{len(tasks)} tasks ended")

    def set_limits(self, limits: ProxyLimits) -> None:
        """Let these limits hold from now on, in workers to come too."""
        self._limits = limits
        self.hub.set_limits(limits)

    def reload_certificate(self) -> None:
        """Show callers what the certificate's files have now. Raises: OSError, ssl.SSLError."""
        if self._certificate is not None:
            self._certificate.load()
            self.hub.reload_certificate()

    def take_identity(self, identity: MeshIdentity) -> None:
        """Be `identity` in Consul's service mesh."""
        self.hub.take_identity(identity)

    def refuse_waiting(self, function: str, reason: str) -> None:
        """Answer 503 with `reason` to the requests that wait for `function` to wake."""
        self.hub.refuse_waiting(function, reason)

    async def under_way(self, function: str) -> int | None:
        """Return the function's invocations and tunnels; None when a worker does not say."""
        return await self.hub.under_way(function)

    def leave(self) -> None:
        """Close each connection behind its next answer, so that callers can go elsewhere."""
        self.hub.leave()

    async def drain(self) -> bool:
        """Let the workers end what is under way; tell whether all of it did in time."""
        self.supervisor.stop()
        self._is_draining = True
        ending = list(self._processes)
        for process in ending:
            terminate(process)
        within_s = self._limits.drain_time_s + GONE_WITHIN_S
        codes = await asyncio.gather(*(exit_code(process, within_s) for process in ending))
        return all(code in _DRAINED for code in codes)

    def close(self) -> None:
        """End at once all that is left."""
        self.hub.close()
        for process in self._processes:
            kill(process)
        for bound in self._bound:
            bound.close()

    async def _run_worker(self, number: int) -> str:
        """Run one worker until it is reaped; return how it ended."""
        del number
        process, ours = await start_worker()
        self._processes.add(process)
        if self._is_draining:
            terminate(process)  # it was told to start before that
        try:
            addresses = tuple(self._addresses)
            start = Start(
                self._control_socket,
                self._limits,
                addresses,
                self._wakes,
                self._ca_file,
                self._certificate_files,
            )
            fault = await self.hub.serve(ours, start)
            if fault:
                kill(process)
            code = await exit_code(process, GONE_WITHIN_S)
            return f"exit code {code}{fault and ', given up: '}{fault}"
        finally:
            kill(process)
            await process.wait()
            self._processes.discard(process)
