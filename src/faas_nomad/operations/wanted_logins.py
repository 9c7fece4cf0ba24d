"""Which functions want a login to pull their images with, and from which secret."""

from dataclasses import dataclass

import structlog

from faas_nomad.clients.errors import BackendError
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.operations.cluster import PolicyOf
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobKey, JobRecord
from faas_nomad.translate.annotations import merged_annotations
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.pull_secrets import PullSecret, pull_secret_of
from faas_nomad.translate.regions import OWN

log = structlog.get_logger()


@dataclass(frozen=True)
class Wanted:
    """A function with the secret that its image is pulled with."""

    key: JobKey
    fn: FunctionDeployment
    pull: PullSecret


class WantedLogins:
    """Asks a region for its policy only where there are functions."""

    def __init__(self, functions: Functions, policy: PolicyOf) -> None:
        self._functions = functions
        self._policy = policy

    async def everywhere(self) -> list[Wanted]:
        """Return those of all regions; one that is away is left out and told.

        Raises:
            BackendError: The own region cannot be asked.
        """
        found: list[Wanted] = []
        for region in self._functions.picture.regions:
            try:
                found += await self.in_region(region)
            except BackendError as err:
                if region == OWN:
                    raise
                log.warning("registry logins are behind", region=region, reason=str(err))
        return found

    async def in_region(self, region: str) -> list[Wanted]:
        """Return those of one region.

        Raises:
            BackendError: It cannot be asked.
        """
        jobs = [job for key, job in self._functions.picture.jobs.items() if key.region == region]
        if not jobs:
            return []
        policy = await self._policy(region)
        return [wanted for job in jobs if (wanted := _wanted_by(job, policy))]


def _wanted_by(job: JobRecord, policy: JobPolicy) -> Wanted | None:
    try:
        pull = pull_secret_of(job.fn, merged_annotations(job.fn), policy)
    except InvalidDeploymentError:
        return None  # another version's rules; its login stays as it is
    return Wanted(job.key, job.fn, pull) if pull else None
