"""Asking an allocation's service how it does, as a check says.

Source: nomad `client/serviceregistration/checks`: http passes below 400, tcp when it connects.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from faas_nomad.embedded.defaults import SECOND_NS
from faas_nomad.embedded.records import Alloc, group_of

_FIRST_RETRY_S = 0.05


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a service, with what its answer can lead to."""

    name: str
    kind: str
    address: str
    port: int
    spec: Mapping[str, Any]

    @property
    def interval_s(self) -> float:
        """The pause between two tries."""
        return float(self.spec["Interval"]) / SECOND_NS

    @property
    def timeout_s(self) -> float:
        """The time an answer may take."""
        return float(self.spec["Timeout"]) / SECOND_NS


def checks_of(alloc: Alloc, address: str) -> list[Check]:
    """Return the checks of the allocation's Nomad services."""
    group = group_of(alloc.job, alloc.group) or {}
    services = list(group.get("Services") or [])
    for task in group.get("Tasks") or []:
        services += task.get("Services") or []
    found = []
    for service in services:
        for spec in service.get("Checks") or []:
            if spec["Type"] not in ("http", "tcp"):
                continue
            port = _port(alloc, spec.get("PortLabel") or service.get("PortLabel") or "")
            name = spec.get("Name") or f"service: {service.get('Name')!r} check"
            found.append(Check(name, spec["Type"], address, port, spec))
    return found


def pause_s(check: Check, failures: int, *, was_passing: bool) -> float:
    """Return the pause before the next try: short at first, so that a start is seen at once."""
    if was_passing:
        return check.interval_s
    return min(check.interval_s, _FIRST_RETRY_S * (1 << min(failures, 10)))


async def passes(client: httpx.AsyncClient, check: Check) -> bool:
    """Tell whether the service answers as the check wants, in its time."""
    try:
        async with asyncio.timeout(check.timeout_s):
            if check.kind == "tcp":
                return await _connects(check)
            return await _answers(client, check)
    except (TimeoutError, OSError, httpx.HTTPError, httpx.InvalidURL):
        return False


async def _connects(check: Check) -> bool:
    _, writer = await asyncio.open_connection(check.address, check.port)
    writer.close()
    return True


async def _answers(client: httpx.AsyncClient, check: Check) -> bool:
    path = check.spec.get("Path") or "/"
    headers = {k: ",".join(v) for k, v in (check.spec.get("Header") or {}).items()}
    response = await client.request(
        check.spec.get("Method") or "GET",
        f"{check.spec.get('Protocol') or 'http'}://{check.address}:{check.port}/{path.lstrip('/')}",
        headers=headers,
        content=check.spec.get("Body") or None,
    )
    return response.status_code < 400


def _port(alloc: Alloc, label: str) -> int:
    if label.isdigit():
        return int(label)
    return next((port.value for port in alloc.ports if port.label == label), 0)
