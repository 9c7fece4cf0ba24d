"""Starts the whole service with one function, in place of Nomad's: `service.py PORT HOST:PORT`.

Control plane and data path are those of `faas-nomad serve`; only what follows Nomad does not run,
and the picture of the cluster is given.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

import uvicorn
import uvloop

from faas_nomad.api.app import control_plane
from faas_nomad.api.lean_reads import LeanReads
from faas_nomad.model.nomad import Allocation, JobStub, StatusesJob
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.proxy.server import DataPath
from faas_nomad.proxy.tuning import tune_memory
from faas_nomad.settings.page import Settings
from faas_nomad.state.region.snapshots import Snapshot
from faas_nomad.translate.meta import job_meta
from faas_nomad.wiring.parts import build

JOB, NAMESPACE = "openfaas-bench", "default"
FUNCTION = FunctionDeployment(
    service="bench",
    image="registry.example.com/team/bench:1.0",
    env_process="bench",
    env_vars={"exec_timeout": "30s", "write_debug": "true"},
    labels={"com.openfaas.scale.min": "1", "com.openfaas.scale.max": "10"},
    annotations={"topic": "bench"},
)


async def serve(port: int, function: str) -> None:
    """Serve until killed."""
    parts = build(Settings(), None)
    host, _, function_port = function.partition(":")
    parts.services.functions.replace(_cluster(host, int(function_port)))
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        socket = str(Path(folder) / "control.sock")
        path = DataPath(
            table=parts.functions.table, control_socket=socket, reads=LeanReads(parts.services).body
        )
        parts.services.rendered.invocations = path.stats.invocations_of
        config = uvicorn.Config(
            control_plane(parts.services), uds=socket, lifespan="off", log_config=None
        )
        serving = asyncio.ensure_future(uvicorn.Server(config).serve())
        await path.listen("127.0.0.1", port, "provider")
        tune_memory()
        await serving


def _cluster(host: str, port: int) -> Snapshot:
    """Return what Nomad would say of the function and its replica."""
    stub: JobStub = {
        "ID": JOB,
        "Namespace": NAMESPACE,
        "Meta": job_meta(FUNCTION, 1_795_225_212_000_000_001),
        "Stop": False,
        "Status": "running",
        "Version": 0,
        "JobModifyIndex": 10,
        "ModifyIndex": 10,
    }
    count: StatusesJob = {
        "ID": JOB,
        "Namespace": NAMESPACE,
        "GroupCountSum": 1,
        "Version": 0,
        "Stop": False,
        "LatestDeployment": None,
    }
    replica: Allocation = {
        "ID": "bench",
        "Namespace": NAMESPACE,
        "JobID": JOB,
        "DeploymentID": "",
        "NodeID": "node",
        "TaskGroup": "fn",
        "ClientStatus": "running",
        "DesiredStatus": "run",
        "DeploymentStatus": {"Healthy": True, "Canary": False},
        "AllocatedResources": {
            "Shared": {"Ports": [{"Label": "http", "Value": port, "To": 0, "HostIP": host}]}
        },
        "CreateIndex": 20,
        "ModifyIndex": 20,
        "JobVersion": 0,
    }
    return Snapshot(10, [stub], [count], [replica])


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), sys.argv[2]))
