"""Everything that a repair of secrets' copies works with."""

import asyncio
from typing import Any

from faas_nomad.clients.nomad_secret_copies import SecretCopies
from faas_nomad.clients.nomad_secrets import NomadSecretStore
from faas_nomad.clients.secret_store import SecretStore
from faas_nomad.operations.secret_leftovers import GRACE_S
from faas_nomad.operations.secret_repair import SecretRepair
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import DeploymentRecord, JobKey
from faas_nomad.state.region.jobs import JobReader
from faas_nomad.state.region.picture import RegionPicture
from faas_nomad.translate.names import Names
from faas_nomad.translate.secret_variables import (
    copy_paths,
    encode_value,
)
from support.deployments import deployment, job_of
from support.job_meta import read_deployment
from support.memory_nomad import MemoryNomad
from support.memory_variables import MemoryVariables

KEY = JobKey("default", "openfaas-figlet")
TASK = copy_paths(KEY.job_id)[0]
LATER_NS = int(GRACE_S * 1e9)
ONE, TWO = encode_value(b"one"), encode_value(b"two")


class Site:
    """Everything that a repair works with."""

    def __init__(self, elsewhere: SecretStore | None = None) -> None:
        async def no_sleep(_s: float) -> None:
            await asyncio.sleep(0)

        names = Names("openfaas-", "openfaas-fn", "default")
        self.functions = Functions(
            Picture(read_deployment), RouteTable(), names, lambda _job: RoutePolicy()
        )
        self.variables = MemoryVariables()
        self.nomad = MemoryNomad()
        copies = SecretCopies(self.variables, no_sleep)  # type: ignore[arg-type]
        self.store = NomadSecretStore(self.variables, copies)  # type: ignore[arg-type]
        self.repair = SecretRepair(
            self.variables,  # type: ignore[arg-type]
            copies,
            self.functions,
            self.nomad,  # type: ignore[arg-type]
            lambda: self.variables.now_ns,
            elsewhere=elsewhere,
        )

    def follow(self, *regions: str) -> None:
        self.functions.picture.regions.update(
            (region, RegionPicture(JobReader(read_deployment), region)) for region in regions
        )

    def deploy(self, key: JobKey = KEY, *, status: str = "successful", **fields: Any) -> None:
        job = {**job_of(deployment(**fields)), "ID": key.job_id, "Version": 3}
        reply = self.nomad.in_region(key.region).put(key, job)
        self.functions.write_through(job, reply["JobModifyIndex"], key.region)
        region = self.functions.picture.regions[key.region]
        region.deployments[key] = DeploymentRecord("d", 3, status, "")

    async def pass_over(self, after_s: float = 0) -> None:
        self.variables.now_ns += int(after_s * 1e9)
        await self.repair.pass_over()
        index = self.variables.index
        await self.repair.pass_over()
        assert self.variables.index == index
