"""Messages as lines of JSON, and back: what the two ends of a worker's sockets carry. Pure."""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from faas_nomad.proxy.certificate import CertificateFiles
from faas_nomad.proxy.limits import ProxyLimits
from faas_nomad.state.endpoints import (
    Endpoint,
    Route,
    RouteChange,
    RoutePolicy,
    Sticky,
    UpstreamTls,
)
from faas_nomad.state.mesh import MeshIdentity
from faas_nomad.workers import checked
from faas_nomad.workers.checked import MessageError
from faas_nomad.workers.messages import (
    Address,
    Failed,
    Leave,
    Listening,
    Look,
    Message,
    NewCertificate,
    NewIdentity,
    NewLimits,
    Refuse,
    Seen,
    Start,
    Synced,
    Wake,
)
from faas_nomad.workers.reports import report_of

MAX_LINE_BYTES = 16 << 20
"""A route with 100,000 replicas fits; a report has at most 256 functions (see `deltas`)."""


def encode(message: Message) -> bytes:
    """Return the message as a line. Raises: MessageError when it is too long."""
    found = {"kind": type(message).__name__, **_plain(message)}
    line = json.dumps(found, default=_plain, separators=(",", ":")).encode("ascii") + b"\n"
    if len(line) > MAX_LINE_BYTES:
        raise MessageError(f"a message of {len(line)} bytes, at most {MAX_LINE_BYTES} are sent")
    return line


def decode(line: bytes) -> Message:
    """Return the message of a line. Raises: MessageError."""
    try:
        found = json.loads(line)
        return _READERS[found.pop("kind")](found)
    except MessageError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as err:
        raise MessageError(f"no message: {type(err).__name__} in {len(line)} bytes") from err


def _plain(value: Any) -> dict[str, Any]:
    if not is_dataclass(value):
        raise TypeError(f"{type(value).__name__} has no place in a message")
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _start(found: Mapping[str, Any]) -> Start:
    addresses = tuple(Address(**address) for address in found["addresses"])
    limits = ProxyLimits(**found["limits"])
    socket, wakes = checked.name(found["control_socket"]), bool(found["wakes"])
    shown = found["certificate"]
    certificate = None if shown is None else CertificateFiles(**shown)
    return Start(socket, limits, addresses, wakes, checked.name(found["ca_file"]), certificate)


def _identity(found: dict[str, Any]) -> MeshIdentity:
    return MeshIdentity(**{**found, "datacenters": tuple(found["datacenters"])})


def _route_change(found: Mapping[str, Any]) -> RouteChange:
    route = found["route"]
    return RouteChange(tuple(found["spellings"]), None if route is None else _route(route))


def _route(found: dict[str, Any]) -> Route:
    endpoints = tuple(Endpoint(**endpoint) for endpoint in found.pop("endpoints"))
    policy = found.pop("policy")
    sticky, tls = policy.pop("sticky"), policy.pop("tls")
    kept = RoutePolicy(
        **policy,
        sticky=None if sticky is None else Sticky(**sticky),
        tls=None if tls is None else UpstreamTls(**tls),
    )
    return Route(**found, endpoints=endpoints, policy=kept)


_READERS: Mapping[str, Callable[[dict[str, Any]], Message]] = {
    "Start": _start,
    "NewCertificate": lambda _: NewCertificate(),
    "Leave": lambda _: Leave(),
    "NewIdentity": lambda found: NewIdentity(_identity(found["identity"])),
    "NewLimits": lambda found: NewLimits(ProxyLimits(**found["limits"])),
    "RouteChange": _route_change,
    "Synced": lambda found: Synced(bool(found["is_known"])),
    "Listening": lambda _: Listening(),
    "Failed": lambda found: Failed(checked.name(found["endpoint_id"])),
    "Wake": lambda found: Wake(checked.name(found["function"])),
    "Refuse": lambda found: Refuse(checked.name(found["function"]), str(found["reason"])),
    "Look": lambda found: Look(checked.whole(found["number"]), checked.name(found["function"])),
    "Seen": lambda found: Seen(checked.whole(found["number"]), checked.growth(found["under_way"])),
    "Report": report_of,
}
