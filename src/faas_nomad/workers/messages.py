"""What the control plane and a worker tell each other. Pure.

The control plane sends `Start`, all routes as `RouteChange`s, `Synced`, then changes as they come
and `Synced` again when `is_known` changes. A worker sends `Listening` once, `Report` every second,
`Failed` when a replica could not be reached and `Wake` when requests wait for a first one, which
`Refuse` answers where there will be none. `NewLimits` and `NewCertificate` replace those of
`Start`; `NewIdentity` makes a worker a member of Consul's mesh, and has a key: no message is ever
logged. `Leave` has callers' connections closed behind their answers. `Look` asks for `Seen`: what
a worker has under way for a function, once all that was sent before is in force.

How a message becomes a line is `wire`'s; a new one needs a reader there.
"""

from dataclasses import dataclass
from typing import Literal

from faas_nomad.proxy.certificate import CertificateFiles
from faas_nomad.proxy.limits import ProxyLimits
from faas_nomad.state.endpoints import RouteChange
from faas_nomad.state.mesh import MeshIdentity
from faas_nomad.workers.reports import Report


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
