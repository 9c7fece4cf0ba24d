"""What is kept of secrets, told without a value: masters, and copies by the job they are for. Pure.

Copies are behind when a master was written after them; an index tells that, no value is read.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from faas_nomad.clients.nomad_variables import VariableStub, copy_stamp, master_stamp
from faas_nomad.state.records import JobKey, JobRecord
from faas_nomad.translate.secret_variables import job_of_path, secret_of_path

Stubs = Mapping[JobKey, list[VariableStub]]
Stamps = Mapping[tuple[str, str], int]
"""Namespace and name → when the master was written last, see `master_stamp`."""


@dataclass(frozen=True)
class Kept:
    """What is kept for a region's jobs: copies by the job whose path they are on."""

    masters: Stamps
    copies: Stubs
    region: str = ""

    def newest_master(self, job: JobRecord) -> int:
        """Return when a secret of the function was written last; 0 if there is none of them."""
        namespace, names = job.key.namespace, job.fn.secrets
        return max((self.masters.get((namespace, name), 0) for name in names), default=0)

    def is_behind(self, job: JobRecord) -> bool:
        """Tell whether a function's copies are missing or older than one of its secrets."""
        copied = [copy_stamp(stub, self.region) for stub in self.copies.get(job.key, ())]
        return self.newest_master(job) > min(copied, default=0)


def kept_of(
    masters: Iterable[VariableStub],
    copies: Iterable[VariableStub],
    region: str,
    namespaces: Collection[str],
) -> Kept:
    """Return what two lists of variables tell of a region; of copies only in `namespaces`."""
    by_job: dict[JobKey, list[VariableStub]] = {}
    for stub in copies:
        job_id = job_of_path(stub.path)
        if job_id and stub.namespace in namespaces:
            by_job.setdefault(JobKey(stub.namespace, job_id, region), []).append(stub)
    names = ((stub, secret_of_path(stub.path)) for stub in masters)
    stamps = {(stub.namespace, name): master_stamp(stub, region) for stub, name in names if name}
    return Kept(stamps, by_job, region)
