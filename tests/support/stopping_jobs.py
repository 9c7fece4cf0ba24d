"""Stopping a job so that nothing of it is left when its agent goes."""

from typing import Any

import httpx

from support.waiting import wait_until

STOPPED_WITHIN_S = 60.0
_ENDED = ("complete", "failed", "lost")


def stop_job(nomad: httpx.Client, job_id: str) -> None:
    """Stop a job and wait until its processes have ended.

    It is not purged: that takes its allocations from the server at once, and an agent that is
    stopped then leaves their processes behind.
    """
    nomad.delete(f"/v1/job/{job_id}", params={"no_shutdown_delay": "true"})
    wait_until(lambda: not _running(nomad, job_id), f"{job_id} has stopped", STOPPED_WITHIN_S)


def _running(nomad: httpx.Client, job_id: str) -> list[dict[str, Any]]:
    allocations = nomad.get(f"/v1/job/{job_id}/allocations").json()
    return [one for one in allocations if one["ClientStatus"] not in _ENDED]
