"""Statuses as JSON bytes, rendered when a function changes and not when somebody asks."""

from collections.abc import Callable

from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobKey, JobRecord
from faas_nomad.state.serving_replicas import updated
from faas_nomad.translate.status import Replicas, render_status
from faas_nomad.translate.usage import Usage


class RenderedStatuses:
    """Rendered bytes by function, dropped as soon as the function changes.

    Only the number of invocations, which changes with every request, and what its replicas use
    are added when somebody asks.
    """

    def __init__(self, functions: Functions) -> None:
        self._functions = functions
        self._statuses: dict[JobKey, bytes] = {}
        self._orders: dict[str, list[JobKey]] = {}
        self.invocations: Callable[[str], int] = lambda _name: 0
        """Gives how often a function, by `NAME.NAMESPACE`, was invoked through this instance."""
        self.usage: Callable[[JobKey], Usage | None] = lambda _key: None
        """Gives what a function's replicas use together, if that is known."""
        functions.listeners.append(self._drop)

    def status(self, key: JobKey, *, with_usage: bool = False) -> bytes | None:
        """Return the function's status; None when there is no such function."""
        found = self._statuses.get(key)
        if found is None:
            job = self._functions.find(key)
            if job is None:
                return None
            found = self._statuses[key] = self._render(job)
        invoked = self.invocations(self._functions.function_name(key))
        found = with_invocations(found, invoked) if invoked else found
        used = self.usage(key) if with_usage else None
        return with_usage_field(found, used) if used else found

    def list(self, nomad_namespace: str, *, with_usage: bool = False) -> bytes:
        """Return the JSON array of the namespace's functions in the order of their names."""
        order = self._orders.get(nomad_namespace)
        if order is None:
            order = [job.key for job in self._functions.directory.in_namespace(nomad_namespace)]
            self._orders[nomad_namespace] = order
        found = (self.status(key, with_usage=with_usage) or b"" for key in order)
        return b"[" + b",".join(found) + b"]"

    def _render(self, job: JobRecord) -> bytes:
        serving = self._functions.standing.serving(job.key)
        replicas = Replicas(
            desired=job.count,
            available=len(serving),
            updated=len(updated(job, serving)),
        )
        namespace = self._functions.names.openfaas_namespace(job.key.namespace)
        trouble = self._functions.standing.trouble(job.key)
        return render_status(job.fn, namespace, replicas, job.created_ns, trouble)

    def _drop(self, key: JobKey) -> None:
        self._statuses.pop(key, None)
        self._orders.pop(key.namespace, None)


def with_invocations(status: bytes, count: int) -> bytes:
    """Return a rendered status with `invocationCount` as its last field; pure."""
    return b'%b,"invocationCount":%d}' % (status[:-1], count)


def with_usage_field(status: bytes, used: Usage) -> bytes:
    """Return a rendered status with `usage` as its last field; pure."""
    text = f'"usage":{{"cpu":{used.cpu_millicores:.1f},"totalMemoryBytes":{used.memory_bytes}}}'
    return b"%b,%b}" % (status[:-1], text.encode())
