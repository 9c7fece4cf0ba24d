"""What the control plane and a worker tell each other: one line of JSON a message. Pure.

The control plane sends `Start`, all routes as `RouteChange`s, `Synced`, then changes as they come
and `Synced` again when `is_known` changes. A worker sends `Listening` once, `Report` every second,
`Failed` when a replica could not be reached and `Wake` when requests wait for a first one, which
`Refuse` answers where there will be none. `NewLimits` and `NewCertificate` replace those of
`Start`; `NewIdentity` makes a worker a member of Consul's mesh, and has a key: no message is ever
logged. `Leave` has callers' connections closed behind their answers. `Look` asks for `Seen`: what
a worker has under way for a function, once all that was sent before is in force.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

from faas_nomad.metrics import BUCKETS_S
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

MAX_LINE_BYTES = 16 << 20
"""A route with 100,000 replicas fits; a report has at most 256 functions (see `deltas`)."""
MAX_NAME_CHARS = 512
"""Of what a worker names: an allocation's id, a function, a counter."""


class MessageError(ValueError):
    """A message that is none, or too long to be sent; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a worker listens, beside the others."""

    host: str
    port: int
    name: Literal["gateway", "provider"]


@dataclass(frozen=True, slots=True)
class Start:
    """What a worker is to be; the first message it gets."""

    control_socket: str
    limits: ProxyLimits
    addresses: tuple[Address, ...]
    wakes: bool = False
    """Requests may wait for a function that has no replica."""
    ca_file: str = ""
    """Authorities of functions that speak TLS; "": the system's."""
    certificate: CertificateFiles | None = None
    """What callers are shown; None: they do not speak TLS."""


@dataclass(frozen=True, slots=True)
class NewCertificate:
    """The certificate's files have changed, and can be used."""


@dataclass(frozen=True, slots=True)
class NewIdentity:
    """Who the worker is in Consul's service mesh from now on."""

    identity: MeshIdentity


@dataclass(frozen=True, slots=True)
class NewLimits:
    """The limits that hold from now on."""

    limits: ProxyLimits


@dataclass(frozen=True, slots=True)
class Leave:
    """The service is told to stop: see `DataPath.leave`."""


@dataclass(frozen=True, slots=True)
class Synced:
    """All routes known to the control plane were sent before this."""

    is_known: bool
    """As in `RouteTable`."""


@dataclass(frozen=True, slots=True)
class Listening:
    """The worker takes callers."""


@dataclass(frozen=True, slots=True)
class Failed:
    """An endpoint could not be reached."""

    endpoint_id: str


@dataclass(frozen=True, slots=True)
class Wake:
    """Requests wait for a replica of the function."""

    function: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """There will be no replica, for that reason."""

    function: str
    reason: str


@dataclass(frozen=True, slots=True)
class Look:
    """Asks for `Seen` with the same number."""

    number: int
    function: str


@dataclass(frozen=True, slots=True)
class Seen:
    """Invocations that have not ended and tunnels that are open."""

    number: int
    under_way: int


@dataclass(frozen=True, slots=True)
class CodeDelta:
    """Answers with one status since the last report; buckets as in `CodeStats`."""

    code: int
    buckets: tuple[int, ...]
    sum_s: float


@dataclass(frozen=True, slots=True)
class FunctionDelta:
    """What one function's counters grew by; "" is the control plane."""

    function: str
    started: int
    in_flight: int
    """A gauge: what it changed by, either way."""
    codes: tuple[CodeDelta, ...]
    tunnels: int = 0
    """A gauge too."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a worker's counters changed by since its last report; also its sign of life."""

    functions: tuple[FunctionDelta, ...] = ()
    gauges: tuple[tuple[str, int], ...] = ()
    """Attributes of `Stats`, and what they changed by, either way."""
    counts: tuple[tuple[str, int], ...] = ()
    labelled: tuple[tuple[str, str | int, int], ...] = ()
    """Attributes of `Stats` that count by label: attribute, label, growth."""


Message = (
    Start
    | NewLimits
    | NewCertificate
    | Leave
    | NewIdentity
    | RouteChange
    | Synced
    | Listening
    | Failed
    | Wake
    | Refuse
    | Look
    | Seen
    | Report
)


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
    socket, wakes = _name(found["control_socket"]), bool(found["wakes"])
    shown = found["certificate"]
    certificate = None if shown is None else CertificateFiles(**shown)
    return Start(socket, limits, addresses, wakes, _name(found["ca_file"]), certificate)


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


def _report(found: Mapping[str, Any]) -> Report:
    return Report(
        functions=tuple(_function(function) for function in found["functions"]),
        gauges=tuple((_name(name), _whole(by)) for name, by in found["gauges"]),
        counts=tuple((_name(name), _growth(by)) for name, by in found["counts"]),
        labelled=tuple((_name(n), _label(key), _growth(by)) for n, key, by in found["labelled"]),
    )


def _function(found: Mapping[str, Any]) -> FunctionDelta:
    codes = tuple(_code(code) for code in found["codes"])
    started, in_flight = _growth(found["started"]), _whole(found["in_flight"])
    return FunctionDelta(
        _name(found["function"]), started, in_flight, codes, _whole(found["tunnels"])
    )


def _code(found: Mapping[str, Any]) -> CodeDelta:
    buckets = tuple(_growth(bucket) for bucket in found["buckets"])
    sum_s = found["sum_s"]
    if len(buckets) != len(BUCKETS_S) + 1:
        raise MessageError(f"{len(buckets)} buckets, not {len(BUCKETS_S) + 1}")
    if type(sum_s) not in (int, float) or not 0 <= sum_s < math.inf:
        raise MessageError("a sum of seconds is no number, or negative")
    return CodeDelta(_growth(found["code"]), buckets, float(sum_s))


def _name(value: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_NAME_CHARS:
        raise MessageError(f"no name of at most {MAX_NAME_CHARS} characters")
    return value


def _label(value: object) -> str | int:
    return _growth(value) if isinstance(value, int) else _name(value)


def _whole(value: object) -> int:
    if type(value) is not int:
        raise MessageError(f"no whole number, but {type(value).__name__}")
    return value


def _growth(value: object) -> int:
    found = _whole(value)
    if found < 0:
        raise MessageError("a counter cannot shrink")
    return found


_READERS: Mapping[str, Callable[[dict[str, Any]], Message]] = {
    "Start": _start,
    "NewCertificate": lambda _: NewCertificate(),
    "Leave": lambda _: Leave(),
    "NewIdentity": lambda found: NewIdentity(_identity(found["identity"])),
    "NewLimits": lambda found: NewLimits(ProxyLimits(**found["limits"])),
    "RouteChange": _route_change,
    "Synced": lambda found: Synced(bool(found["is_known"])),
    "Listening": lambda _: Listening(),
    "Failed": lambda found: Failed(_name(found["endpoint_id"])),
    "Wake": lambda found: Wake(_name(found["function"])),
    "Refuse": lambda found: Refuse(_name(found["function"]), str(found["reason"])),
    "Look": lambda found: Look(_whole(found["number"]), _name(found["function"])),
    "Seen": lambda found: Seen(_whole(found["number"]), _growth(found["under_way"])),
    "Report": _report,
}
