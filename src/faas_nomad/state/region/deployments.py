"""Nomad's deployments: the latest of each job, and the version that it placed. Pure."""

from faas_nomad.model.nomad import Allocation, DeploymentStub
from faas_nomad.state.records import DeploymentRecord, JobRecord


def deployment_record(deployment: DeploymentStub, told_at: int) -> DeploymentRecord:
    """Return what is kept of a deployment, as it was at the Raft index `told_at`."""
    return DeploymentRecord(
        id=deployment["ID"],
        job_version=deployment["JobVersion"],
        status=deployment["Status"],
        description=deployment["StatusDescription"],
        told_at=told_at,
    )


def is_later(record: DeploymentRecord, known: DeploymentRecord | None) -> bool:
    """Return whether `record` tells something new, of no earlier version than `known`."""
    return known is None or (record != known and record.job_version >= known.job_version)


def placed_version(job: JobRecord, latest: DeploymentRecord | None, alloc: Allocation) -> int:
    """Return the job version that a new `alloc` was placed for, which events do not carry.

    Its deployment tells it, as the job may have moved on while the placement was made.
    """
    if latest and latest.id == alloc.get("DeploymentID"):
        return latest.job_version
    return job.version
