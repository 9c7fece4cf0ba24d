"""Allocations' names, `job.group[N]`: a group's instances have the lowest numbers. Pure."""

from collections.abc import Iterable


def name_index(name: str) -> int:
    """Return the number in an allocation's name, `job.group[N]`."""
    return int(name[name.rindex("[") + 1 : -1])


def free_names(prefix: str, taken: Iterable[str], count: int) -> list[str]:
    """Return `count` names of the group `prefix`, `job.group`, that are not `taken`."""
    used = {name_index(name) for name in taken}
    free: list[str] = []
    index = 0
    while len(free) < count:
        if index not in used:
            free.append(f"{prefix}[{index}]")
        index += 1
    return free
