"""Obtains the programs this project runs beside: Nomad, and where asked for Consul and Vault.

Standard library only, so that it runs before anything is installed:
`PYTHONPATH=src python3 -m faas_nomad.tools nomad` prints a path.
"""

from faas_nomad.tools.catalog import TOOLS, Tool, Version
from faas_nomad.tools.errors import (
    SettingError,
    ToolError,
    ToolUnavailableError,
    UnknownToolError,
)
from faas_nomad.tools.obtaining import find_tool, obtain_tool
from faas_nomad.tools.places import child_environment

__all__ = [
    "TOOLS",
    "SettingError",
    "Tool",
    "ToolError",
    "ToolUnavailableError",
    "UnknownToolError",
    "Version",
    "child_environment",
    "find_tool",
    "obtain_tool",
]
