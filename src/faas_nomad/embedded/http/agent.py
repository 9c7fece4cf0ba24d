"""The agent, its one node and its leader: `/v1/agent/…`, `/v1/nodes`, `/v1/status/…`."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from faas_nomad.embedded.constraints import NodeFacts
from faas_nomad.embedded.engine import Engine
from faas_nomad.embedded.errors import ApiError
from faas_nomad.embedded.http.replies import answer, flag

VERSION = "1.11.1"
"""The version whose answers the stand-in gives."""


class Agent:
    """The endpoints that describe the stand-in itself."""

    def __init__(self, engine: Engine, address: str) -> None:
        self._facts = engine.cluster.node
        self._address = address

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/v1/agent/self", self.read_self, methods=["GET"]),
            Route("/v1/agent/health", self.health, methods=["GET"]),
            Route("/v1/nodes", self.list_nodes, methods=["GET"]),
            Route("/v1/node/{node_id}", self.read_node, methods=["GET"]),
            Route("/v1/status/leader", self.leader, methods=["GET"]),
            Route("/v1/status/peers", self.peers, methods=["GET"]),
            Route("/v1/regions", self.regions, methods=["GET"]),
            Route("/.well-known/jwks.json", self.keys, methods=["GET"]),
        ]

    async def read_self(self, _request: Request) -> Response:
        """Answer version, region and that ACLs are off."""
        config = {
            "ACL": {"Enabled": False},
            "Datacenter": self._facts.datacenter,
            "NodeName": self._facts.name,
            "Region": "global",
            "Version": {"Version": VERSION, "VersionMetadata": "stand-in", "VersionPrerelease": ""},
        }
        tags = {"region": "global", "dc": self._facts.datacenter, "build": VERSION}
        member = {"Name": f"{self._facts.name}.global", "Status": "alive", "Tags": tags}
        return answer({"config": config, "member": member, "stats": {}})

    async def health(self, _request: Request) -> Response:
        """Answer that client and server are well."""
        well = {"message": "ok", "ok": True}
        return answer({"client": well, "server": well})

    async def list_nodes(self, request: Request) -> Response:
        """Answer the one node."""
        return answer([node_stub(self._facts, with_resources=flag(request, "resources"))], 1)

    async def read_node(self, request: Request) -> Response:
        """Answer the one node with its attributes."""
        if request.path_params["node_id"] != self._facts.id:
            raise ApiError(404, "node not found")
        attributes = {
            name.removeprefix("attr."): value
            for name, value in self._facts.attributes.items()
            if name.startswith("attr.")
        }
        stub = node_stub(self._facts, with_resources=True)
        return answer({**stub, "Attributes": attributes, "Meta": {}}, 1)

    async def leader(self, _request: Request) -> Response:
        """Answer the leader's address, the stand-in's own."""
        return answer(self._address)

    async def peers(self, _request: Request) -> Response:
        """Answer the servers' addresses, the stand-in's own."""
        return answer([self._address])

    async def regions(self, _request: Request) -> Response:
        """Answer the one region."""
        return answer(["global"])

    async def keys(self, _request: Request) -> Response:
        """Answer no keys: the stand-in signs no identities."""
        return answer({"keys": []})


def node_stub(facts: NodeFacts, *, with_resources: bool) -> dict[str, Any]:
    """Return the node as a list gives it."""
    stub = {
        "Address": facts.address,
        "CreateIndex": 1,
        "Datacenter": facts.datacenter,
        "Drain": False,
        "Drivers": {
            name: {
                "Attributes": {f"driver.{name}": "true"},
                "Detected": True,
                "HealthDescription": "Healthy",
                "Healthy": True,
            }
            for name in sorted(facts.drivers)
        },
        "ID": facts.id,
        "ModifyIndex": 1,
        "Name": facts.name,
        "NodeClass": "",
        "NodePool": facts.pool,
        "SchedulingEligibility": "eligible",
        "Status": "ready",
        "StatusDescription": "",
        "Version": VERSION,
    }
    return {**stub, "NodeResources": _resources(facts)} if with_resources else stub


def _resources(facts: NodeFacts) -> dict[str, Any]:
    attributes = facts.attributes
    return {
        "Cpu": {
            "CpuShares": int(attributes["attr.cpu.totalcompute"]),
            "TotalCpuCores": int(attributes["attr.cpu.numcores"]),
        },
        "Disk": {"DiskMB": 0},
        "Memory": {"MemoryMB": int(attributes["attr.memory.totalbytes"]) // 2**20},
    }
