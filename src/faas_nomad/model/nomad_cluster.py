"""Nomad's namespaces, nodes, agents and variables, as far as this project reads them.

Source: nomad `api/namespace.go`, `api/nodes.go`, `api/variables.go` (v1.11).
"""

from typing import Any, NotRequired

from typing_extensions import TypedDict

from faas_nomad.model.nomad import Count, Index, Meta, Whole


class Namespace(TypedDict):
    """A namespace as far as it is read; it is written back whole."""

    Name: str
    Meta: NotRequired[Meta]


class DriverInfo(TypedDict):
    """A driver of a node."""

    Detected: bool
    Healthy: bool


class NodeCpu(TypedDict):
    """What a node's processors are worth, in MHz all together."""

    CpuShares: Count
    TotalCpuCores: NotRequired[Count | None]


class NodeResources(TypedDict):
    """What a node has."""

    Cpu: NotRequired[NodeCpu | None]


class Node(TypedDict):
    """One node of `GET /v1/nodes?resources=true`."""

    ID: str
    Datacenter: str
    Status: str
    SchedulingEligibility: str
    Version: NotRequired[str]
    Drivers: NotRequired[dict[str, DriverInfo] | None]
    NodeResources: NotRequired[NodeResources | None]


class AgentVault(TypedDict):
    """A Vault that an agent uses."""

    Name: NotRequired[str]
    Enabled: NotRequired[bool | None]
    Addr: NotRequired[str]


class AgentConfig(TypedDict):
    """An agent's configuration; older ones tell the version as text, and have one Vault."""

    Version: NotRequired[dict[str, Any] | str | None]
    Vault: NotRequired[AgentVault | None]
    Vaults: NotRequired[list[AgentVault] | None]


class Agent(TypedDict):
    """An agent's description of itself."""

    config: AgentConfig


class StoredVariable(TypedDict):
    """A variable with its items."""

    Items: dict[str, str]
    ModifyIndex: Index


class ListedVariable(TypedDict):
    """A variable of a list."""

    Namespace: str
    Path: str
    ModifyIndex: Index
    ModifyTime: Whole


class WrittenVariable(TypedDict):
    """The answer to a variable's write."""

    ModifyIndex: Index
