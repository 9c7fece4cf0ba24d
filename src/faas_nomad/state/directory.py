"""Which function a name stands for, and what a function is called. Pure."""

from faas_nomad.state.picture import Picture
from faas_nomad.state.records import JobKey, JobRecord
from faas_nomad.translate.names import Names


class Directory:
    """Leads from names, as callers and metrics write them, to jobs and back."""

    def __init__(self, picture: Picture, names: Names) -> None:
        self._picture = picture
        self._names = names

    def find(self, key: JobKey) -> JobRecord | None:
        """Return the function's job, if there is such a function."""
        return self._picture.jobs.get(key)

    def in_namespace(self, nomad_namespace: str) -> list[JobRecord]:
        """Return the namespace's functions in the order of their names."""
        jobs = self._picture.jobs.values()
        return sorted((j for j in jobs if j.key.namespace == nomad_namespace), key=lambda j: j.key)

    def key_by_name(self, function: str) -> JobKey:
        """Return the job that runs `NAME` or `NAME.NAMESPACE`, or that would."""
        return self.key_of_service(*self._names.split(function))

    def key_of_service(self, service: str, nomad_namespace: str) -> JobKey:
        """Return the job that runs `service`, in whatever region; the own one if none does."""
        return self.holder_of_name(JobKey(nomad_namespace, self._names.job_id(service)))

    def holder_of_name(self, key: JobKey) -> JobKey:
        """Return the job that the name of `key` stands for now; `key` itself if none does."""
        return self._picture.find_key(key.namespace, key.job_id) or key

    def function_name(self, key: JobKey) -> str:
        """Return `NAME.NAMESPACE`, the function's name in metrics."""
        namespace = self._names.openfaas_namespace(key.namespace)
        return f"{self._names.service(key.job_id)}.{namespace}"

    def spellings(self, key: JobKey) -> tuple[str, ...]:
        """Return every way in which callers may write the function's name."""
        return self._names.spellings(self._names.service(key.job_id), key.namespace)
