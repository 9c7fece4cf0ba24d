"""The ways to a Vault token: a fixed one, a file, AppRole, or a workload identity.

All of them block and run in Vault's worker threads, each with a client of its own, whose token they
may set. Sources: hvac 2.4, vault `api/auth`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hvac

from faas_nomad.clients.errors import DeniedError, RejectedError
from faas_nomad.clients.tokens import read_token


@dataclass(frozen=True)
class Lease:
    """A token and how long it lasts from now; 0 seconds: without end."""

    token: str = field(repr=False)
    ttl_s: float
    renewable: bool


Login = Callable[[hvac.Client], Lease]


@dataclass(frozen=True)
class TokenLogin:
    """A token from the settings, or from a file that others rewrite."""

    token: str = field(default="", repr=False)
    file: str = ""

    def __call__(self, client: hvac.Client) -> Lease:
        """Return the token with what Vault says of it. Raises: DeniedError via Vault."""
        token = read_file(self.file) if self.file else self.token
        client.token = token
        data = client.auth.token.lookup_self()["data"]
        return Lease(token, float(data["ttl"]), bool(data.get("renewable")))


@dataclass
class AppRoleLogin:
    """AppRole; the secret ID is given, in a file read at each login, or wrapped once."""

    role_id: str
    secret_id: str = field(default="", repr=False)
    file: str = ""
    wrapped: bool = False
    _unwrapped: tuple[str, str] = field(default=("", ""), repr=False)

    def __call__(self, client: hvac.Client) -> Lease:
        """Log in. Raises: DeniedError when the secret ID was unwrapped by somebody else."""
        given = read_file(self.file) if self.file else self.secret_id
        secret_id = self._unwrap(client, given) if self.wrapped else given
        reply = client.auth.approle.login(self.role_id, secret_id, use_token=False)
        return _lease(reply)

    def _unwrap(self, client: hvac.Client, wrapping_token: str) -> str:
        if self._unwrapped[0] != wrapping_token:
            client.token = wrapping_token  # it authorizes its own opening, and nothing else
            try:
                reply = client.sys.unwrap()
            except (hvac.exceptions.InvalidRequest, hvac.exceptions.Forbidden) as err:
                raise DeniedError(
                    "the wrapped secret ID cannot be opened: it has expired, or was opened "
                    "before, perhaps by somebody who should not have it"
                ) from err
            client.token = ""
            self._unwrapped = (wrapping_token, reply["data"]["secret_id"])
        return self._unwrapped[1]


@dataclass(frozen=True)
class JwtLogin:
    """A workload identity in a file, which Nomad rewrites before it expires."""

    role: str
    file: str
    path: str

    def __call__(self, client: hvac.Client) -> Lease:
        """Log in."""
        reply = client.auth.jwt.jwt_login(
            self.role, read_file(self.file), use_token=False, path=self.path
        )
        return _lease(reply)


def read_file(file: str) -> str:
    """Return what a credential's file holds. Raises: RejectedError."""
    try:
        return read_token(Path(file))
    except (OSError, ValueError) as err:
        raise RejectedError(f"the file {file} for Vault's login cannot be read: {err}") from err


def _lease(reply: dict[str, Any]) -> Lease:
    auth = reply["auth"]
    return Lease(auth["client_token"], float(auth["lease_duration"]), bool(auth["renewable"]))
