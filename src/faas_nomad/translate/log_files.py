"""How much of a task's output Nomad keeps, and the disk that is asked for with it. Pure."""

from typing import Any

from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.written import Written


def log_config(written: Written, policy: JobPolicy) -> dict[str, int]:
    """Return the task's LogConfig.

    Raises:
        InvalidDeploymentError: An annotation is no number, or out of bounds.
    """
    return {
        "MaxFiles": written.whole("logs.max_files", policy.log_max_files, least=1, most=100),
        "MaxFileSizeMB": written.whole(
            "logs.max_file_size", policy.log_max_file_size_mb, least=1, most=10_000
        ),
    }


def disk_block(written: Written, policy: JobPolicy) -> dict[str, Any]:
    """Return the group's EphemeralDisk: more than the logs may take, or Nomad refuses the job.

    Raises:
        InvalidDeploymentError: An annotation is no number, or out of bounds.
    """
    logs = log_config(written, policy)
    needed_mb = logs["MaxFiles"] * logs["MaxFileSizeMB"] + 1
    default_mb = max(policy.ephemeral_disk_mb, needed_mb)
    return {"SizeMB": written.whole("ephemeral_disk.size", default_mb, least=needed_mb)}
