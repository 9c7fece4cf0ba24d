"""Nomad's jobs → records of functions, and which of two answers is the newer. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from faas_nomad.model.nomad import Job, JobStub, StatusesJob
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.state.records import (
    UNKNOWN_VERSION,
    JobKey,
    JobRecord,
    history_with,
    job_count,
)
from faas_nomad.translate.meta import is_checked_by_consul

ReadMeta = Callable[[JobKey, Mapping[str, str]], tuple[FunctionDeployment, int] | None]
"""Gives deployment and creation time (unix ns) from a job's meta; None when it is not ours."""


@dataclass(frozen=True)
class JobReader:
    """Reads the jobs of a region; None stands for one that is no function.

    `known` is what was known of the job before: versions are remembered from it.
    """

    read_meta: ReadMeta

    def from_stub(
        self, key: JobKey, stub: JobStub, status: StatusesJob | None, known: JobRecord | None
    ) -> JobRecord | None:
        """Return what a snapshot's two lists tell of a job together."""
        if stub["Stop"] or status is None:
            return None
        meta, index = stub["Meta"] or {}, stub["JobModifyIndex"]
        return self._record(key, meta, status["GroupCountSum"], status["Version"], index, known)

    def from_job(
        self, key: JobKey, job: Job, version: int, index: int, known: JobRecord | None
    ) -> JobRecord | None:
        """Return what a whole job tells, as it was registered at `index`."""
        return self._record(key, job.get("Meta") or {}, job_count(job), version, index, known)

    def _record(
        self,
        key: JobKey,
        meta: Mapping[str, str],
        count: int,
        version: int,
        index: int,
        known: JobRecord | None,
    ) -> JobRecord | None:
        ours = self.read_meta(key, meta)
        if ours is None:
            return None
        fn, created_ns = ours
        content = hash(frozenset(meta.items()))
        return JobRecord(
            key=key,
            fn=fn,
            created_ns=created_ns,
            count=count,
            version=version,
            job_modify_index=index,
            content=content,
            is_checked_by_consul=is_checked_by_consul(meta),
            history=history_with(version, content, known.history if known else ()),
        )


def is_news(record: JobRecord, known: JobRecord | None) -> bool:
    """Return whether `record` tells more than `known`, or later things.

    Our own write is news only before its event has come, which tells the version too.
    """
    if known is None:
        return True
    if record.version == UNKNOWN_VERSION:
        return record.job_modify_index > known.job_modify_index
    return record.job_modify_index >= known.job_modify_index
