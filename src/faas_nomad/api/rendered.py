"""Statuses as JSON bytes, rendered when a function changes and not when somebody asks."""

from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobKey, JobRecord
from faas_nomad.state.serving import updated
from faas_nomad.translate.status import Replicas, render_status


class RenderedStatuses:
    """Rendered bytes by function and by namespace; dropped as soon as the function changes."""

    def __init__(self, functions: Functions) -> None:
        self._functions = functions
        self._statuses: dict[JobKey, bytes] = {}
        self._lists: dict[str, bytes] = {}
        functions.listeners.append(self._drop)

    def status(self, key: JobKey) -> bytes | None:
        """Return the function's status; None when there is no such function."""
        found = self._statuses.get(key)
        if found is None:
            job = self._functions.find(key)
            if job is None:
                return None
            found = self._statuses[key] = self._render(job)
        return found

    def list(self, nomad_namespace: str) -> bytes:
        """Return the JSON array of the namespace's functions in the order of their names."""
        found = self._lists.get(nomad_namespace)
        if found is None:
            jobs = self._functions.in_namespace(nomad_namespace)
            statuses = (self.status(job.key) or b"" for job in jobs)
            found = self._lists[nomad_namespace] = b"[" + b",".join(statuses) + b"]"
        return found

    def _render(self, job: JobRecord) -> bytes:
        serving = self._functions.serving(job.key)
        replicas = Replicas(
            desired=job.count,
            available=len(serving),
            updated=len(updated(job, serving)),
        )
        namespace = self._functions.names.openfaas_namespace(job.key.namespace)
        return render_status(job.fn, namespace, replicas, job.created_ns)

    def _drop(self, key: JobKey) -> None:
        self._statuses.pop(key, None)
        self._lists.pop(key.namespace, None)
