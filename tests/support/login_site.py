"""Everything that logins to registries are made with."""

import json

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.operations.registry_logins import RegistryLogins
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import DeploymentRecord, JobKey
from faas_nomad.state.region.snapshots import Snapshot
from faas_nomad.translate.names import Names
from faas_nomad.translate.policy import JobPolicy
from support.deployments import OURS, deployment, job_of
from support.job_meta import read_deployment
from support.memory_logins import MemoryLogins
from support.memory_nomad import MemoryNomad

KEY = JobKey("default", "openfaas-figlet")
WHERE = (KEY.namespace, KEY.job_id)
IMAGE = "ghcr.io/x/figlet:1"


def config(password: str, server: str = "ghcr.io") -> bytes:
    return json.dumps({"auths": {server: {"username": "u", "password": password}}}).encode()


def asking(secret: str = "pull") -> FunctionDeployment:
    return deployment(image=IMAGE, annotations={f"{OURS}registry_secret": secret})


class Site:
    """Everything that logins are made with."""

    def __init__(self) -> None:
        names = Names("openfaas-", "openfaas-fn", "default")
        self.functions = Functions(
            Picture(read_deployment), RouteTable(), names, lambda _job: RoutePolicy()
        )
        self.functions.replace(Snapshot(1, [], [], []))
        self.store = MemoryLogins()
        self.store.secrets["default", "pull"] = config("one")
        self.nomad = MemoryNomad()
        self.now_s = 0.0
        self.policy = JobPolicy()
        self.logins = RegistryLogins(
            self.store,
            self.functions,
            self.nomad,  # type: ignore[arg-type]
            self._policy,
            lambda: self.now_s,
        )

    async def _policy(self, region: str = "") -> JobPolicy:
        return self.policy

    async def deploy(self, fn: FunctionDeployment) -> None:
        await self.logins.prepare(fn, KEY, self.policy)
        self.known(fn)

    def known(
        self, fn: FunctionDeployment, status: str = "successful", *, key: JobKey = KEY
    ) -> None:
        job = {**job_of(fn), "ID": key.job_id}
        reply = self.nomad.put(key, job)
        self.functions.write_through({**job, "Version": 0}, reply["JobModifyIndex"])
        self.functions.picture.regions[""].deployments[key] = DeploymentRecord("d", 0, status, "")

    async def pass_over(self, after_s: float = 0.0) -> None:
        self.now_s += after_s
        await self.logins.pass_over()

    @property
    def password(self) -> str | None:
        login = self.store.kept.get(WHERE)
        return login.password if login else None
