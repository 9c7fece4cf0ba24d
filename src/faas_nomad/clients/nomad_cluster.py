"""What a Nomad cluster consists of: its nodes, its agent here, its leader."""

from typing import Any

from faas_nomad.clients.nomad_calls import Indexed, NomadCalls, indexed, shaped
from faas_nomad.clients.shapes import Shape
from faas_nomad.model.nomad_cluster import Agent, Node

_NODES: Shape[list[dict[str, Any]]] = Shape(list[Node])
_AGENT: Shape[dict[str, Any]] = Shape(Agent)
_LEADER: Shape[str] = Shape(str)

NODES_WAIT_S = 30
"""A blocking query's; servers add up to a sixteenth."""
NODES_WITHIN_S = 10.0


class ClusterCalls(NomadCalls):
    """Reads of nodes, agent and leader."""

    async def list_nodes(self) -> list[dict[str, Any]]:
        """Return the nodes with drivers and attributes' summary; needs `node:read`."""
        return (await self._list("/v1/nodes", {"resources": "true"}, _NODES)).items

    async def watch_nodes(self, after_index: int) -> Indexed[dict[str, Any]]:
        """Return the nodes once they differ from what `after_index` had; needs `node:read`.

        Waits for up to half a minute; 0 asks for them now.
        """
        wait = {"index": str(after_index), "wait": f"{NODES_WAIT_S}s"} if after_index else {}
        params = {**self._region, **wait}
        answer = await self.backend.ask_once(
            "GET", "/v1/nodes", params=params, timeout_s=NODES_WAIT_S * 1.1 + NODES_WITHIN_S
        )
        return indexed(answer, _NODES)

    async def read_agent(self) -> dict[str, Any]:
        """Return the agent's own description; needs `agent:read`."""
        return await self._call("GET", "/v1/agent/self", {}, _AGENT)

    async def read_leader(self, *, within_s: float) -> str:
        """Return the leader's address; open to everyone, so it shows that Nomad is there."""
        answer = await self.backend.request(
            "GET", "/v1/status/leader", params=self._region, timeout_s=within_s
        )
        return shaped(answer, _LEADER)
