"""What was seen, before anything is made of it. Pure data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Problem(StrEnum):
    """Why a back end could not be talked to."""

    NONE = ""
    NO_SUCH_HOST = "no such host"
    REFUSED = "refused"
    SILENT = "silent"
    NO_SOCKET = "no socket"
    EXPIRED = "expired certificate"
    NOT_YET_VALID = "certificate not yet valid"
    UNTRUSTED = "untrusted certificate"
    WRONG_NAME = "another name"
    WANTS_CERTIFICATE = "wants a client certificate"
    NO_TLS_THERE = "no TLS there"
    TLS_THERE = "TLS there"
    BAD_FILE = "unusable file"
    OTHER = "other"


@dataclass(frozen=True)
class Connection:
    """The way to a back end; times in Unix seconds, and 0 where there is nothing to tell."""

    address: str
    problem: Problem = Problem.NONE
    detail: str = ""
    status: int = 0
    server_ends_s: float = 0.0
    """When the back end's certificate ends."""
    client_ends_s: float = 0.0
    """When the certificate that is shown to it ends."""
    clock_off_s: float | None = None
    """How far the back end's clock is ahead of this one; None when it did not say."""


@dataclass(frozen=True)
class Answer:
    """A back end's answer to one question; status 0: there was none, and `text` says why."""

    status: int
    text: str = ""
    body: Any = None

    @property
    def is_denied(self) -> bool:
        """Return whether the token was not enough."""
        return self.status in (401, 403)


@dataclass(frozen=True)
class NomadFacts:
    """What Nomad said; `answers` has the probes of rights by their names."""

    connection: Connection
    answers: Mapping[str, Answer] = field(default_factory=dict)
    agent: Answer = field(default_factory=lambda: Answer(0))
    nodes: Answer = field(default_factory=lambda: Answer(0))
    namespace: Answer = field(default_factory=lambda: Answer(0))
    scheduler: Answer = field(default_factory=lambda: Answer(0))
    is_identity: bool = False
    """The token is a workload identity."""
    regions: Answer = field(default_factory=lambda: Answer(0))

    @property
    def known_nodes(self) -> Sequence[Mapping[str, Any]]:
        """Return the nodes as Nomad describes them; none if it did not say."""
        return self.nodes.body if self.nodes.status == 200 and self.nodes.body else []


@dataclass(frozen=True)
class VaultFacts:
    """What Vault said: `health` is its status code, texts are empty when all went well."""

    connection: Connection
    health: int = 0
    login_refused: str = ""
    secrets_refused: str = ""


@dataclass(frozen=True)
class ConsulFacts:
    """What Consul said."""

    connection: Connection
    token: Answer = field(default_factory=lambda: Answer(0))
    services: Answer = field(default_factory=lambda: Answer(0))
    mesh: Answer | None = None
    """To the question for our certificate in the service mesh, without it; None: not asked."""


class PortUse(StrEnum):
    """What a port of the settings is like at the moment."""

    FREE = "free"
    OURS = "ours"
    TAKEN = "taken"
    FORBIDDEN = "forbidden"
    NO_SUCH_ADDRESS = "no such address"


@dataclass(frozen=True)
class HostFacts:
    """What this machine has: ports by setting, and files that cannot be read, with why."""

    ports: Mapping[str, PortUse]
    unreadable: Mapping[str, str] = field(default_factory=dict)
    certificate_ends_s: float = 0.0
    """When the certificate that callers are shown ends; 0: there is none."""
