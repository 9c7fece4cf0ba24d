"""The programs this project obtains, and which version of one is good enough. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from faas_nomad.tools.errors import UnknownToolError


class Version(NamedTuple):
    """A program's version; `suffix` holds what follows the numbers (`-beta.1`, `+ent`)."""

    major: int
    minor: int
    patch: int
    suffix: str = ""

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}{self.suffix}"


@dataclass(frozen=True)
class Tool:
    """One program: the version that is fetched or built, and what a build of it takes.

    With `needs_c` it takes a C compiler; without, it is built as its makers do, with none.
    With `is_exact` no other version will do: it is there to be tested against.
    """

    name: str
    version: Version
    build_tags: tuple[str, ...] = ()
    needs_c: bool = False
    is_exact: bool = False

    @property
    def module(self) -> str:
        """The folder of `tools` that has its Go module."""
        return f"{self.name}-{self.version}" if self.is_exact else self.name


# Nomad holds runc, whose user-namespace code is C and does not compile with cgo switched off.
# Vault's full set of plugins does not build from its module alone; `minimal` leaves out the cloud
# engines and keeps KV, policies and token, AppRole and JWT logins.
TOOLS: Mapping[str, Tool] = MappingProxyType(
    {
        tool.name: tool
        for tool in (
            Tool("nomad", Version(1, 11, 1), needs_c=True),
            Tool("consul", Version(1, 20, 6)),
            Tool("vault", Version(1, 21, 1), build_tags=("minimal",)),
        )
    }
)

# Asked for as `nomad@1.10.5`: the older Nomads that faas-nomad is tried on (`make compat`).
OLDER: Mapping[str, Tool] = MappingProxyType(
    {
        f"{tool.name}@{tool.version}": tool
        for tool in (
            Tool("nomad", Version(1, 10, 5), needs_c=True, is_exact=True),
            Tool("nomad", Version(1, 9, 4), needs_c=True, is_exact=True),
        )
    }
)

_VERSION = re.compile(r"\bv?(\d{1,6})\.(\d{1,6})\.(\d{1,6})([-+][0-9A-Za-z.+-]{1,64})?")


def tool_named(name: str) -> Tool:
    """Return the tool called `name`, which may be one of the older ones, `nomad@1.10.5`.

    Raises:
        UnknownToolError: There is no such tool; names those that there are.
    """
    known = {**TOOLS, **OLDER}
    if name not in known:
        raise UnknownToolError(f"tool {name!r}: expected one of {', '.join(known)}")
    return known[name]


def version_in(text: str) -> Version | None:
    """Return the first version in what a program printed (`Nomad v1.11.1`, `uv 0.8.0 (…)`)."""
    found = _VERSION.search(text)
    if found is None:
        return None
    major, minor, patch, suffix = found.groups(default="")
    return Version(int(major), int(minor), int(patch), suffix)


def refusal(found: Version | None, tool: Tool) -> str | None:
    """Tell why a program on PATH is not good enough, or None if it is.

    The rule is a minimum within one major version: what a site already runs is used when it is
    a release of the same major version, and no older than the one this project is tested with.
    An exact tool is that version alone. Enterprise builds stop at start-up without a licence, so
    they are refused too.
    """
    if found is None:
        return "prints no version"
    if found.suffix:
        return f"is {found}, no plain release"
    wanted = tool.version
    if tool.is_exact and found != wanted:
        return f"is {found}; {wanted} and no other was asked for"
    if found.major != wanted.major or found < wanted:
        return f"is {found}; {wanted} or a later {wanted.major}.x is needed"
    return None
