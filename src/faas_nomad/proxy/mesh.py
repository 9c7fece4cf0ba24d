"""Connections to functions in Consul's service mesh, as a member of it.

TLS is held at 1.2: there, a sidecar judges the caller's certificate and Consul's intentions within
the handshake, so a refusal is known before anything is sent. In 1.3 the caller's handshake is over
before that, and a refusal looks like a function that broke off. The peer's name is a SPIFFE ID.
"""

import asyncio
import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from faas_nomad.state.mesh import MeshIdentity

P = TypeVar("P", bound=asyncio.Protocol)
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class NoIdentityError(OSError):
    """There is no certificate of the mesh yet."""


class MeshRefusedError(OSError):
    """The sidecar is there and refuses this caller: by an intention, or for its certificate."""


class Mesh:
    """Membership; `take` once there is an identity, and for each that replaces it."""

    def __init__(self) -> None:
        self._member: tuple[MeshIdentity, ssl.SSLContext] | None = None

    def take(self, identity: MeshIdentity) -> None:
        """Connect as `identity` from now on. Raises: OSError, ssl.SSLError when it is none."""
        self._member = identity, _context(identity)

    async def connect(
        self, factory: Callable[[], P], host: str, port: int, service: str
    ) -> tuple[asyncio.BaseTransport, P]:
        """Connect to a sidecar of `service`; `factory`'s protocol gets a connection that is good.

        Raises:
            NoIdentityError: There is no certificate to show.
            MeshRefusedError: The sidecar refuses it.
            OSError: It cannot be reached, or is not who it should be.
        """
        transport, early = await self._checked(_Early, host, port, service)
        if early.is_lost:
            raise ConnectionResetError("closed after the handshake")
        protocol = factory()
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        return transport, protocol

    async def open_streams(self, host: str, port: int, service: str) -> Streams | None:
        """Return the streams of a connection to a sidecar; None: it is there and refuses us.

        Raises:
            OSError: As for `connect`.
        """
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=_MAX_LINE, loop=loop)

        def factory() -> asyncio.StreamReaderProtocol:
            return asyncio.StreamReaderProtocol(reader, loop=loop)

        try:
            transport, protocol = await self._checked(factory, host, port, service)
        except MeshRefusedError:
            return None
        return reader, asyncio.StreamWriter(transport, protocol, reader, loop)

    async def _checked(
        self, factory: Callable[[], P], host: str, port: int, service: str
    ) -> tuple[asyncio.Transport, P]:
        if self._member is None:
            raise NoIdentityError("no certificate of Consul's service mesh yet")
        identity, context = self._member
        loop = asyncio.get_running_loop()
        name = identity.server_name(service)
        try:
            made = await loop.create_connection(
                factory, host, port, ssl=context, server_hostname=name
            )
        except ssl.SSLError as err:
            raise _meant(err) from err
        transport, protocol = made
        if not identity.is_of(service, transport.get_extra_info("peercert")):
            transport.abort()
            raise ssl.SSLCertVerificationError(f"the certificate is not that of {service}")
        return transport, protocol


class _Early(asyncio.Protocol):
    """Holds a connection while it is looked at; what comes unasked is not kept."""

    is_lost = False

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.is_lost = True


_MAX_LINE = 1024


def _meant(err: ssl.SSLError) -> OSError:
    """Return what a failed handshake stands for: an alert is the peer's word about us."""
    if "_ALERT_" in str(err.reason or ""):
        return MeshRefusedError(f"refused by the sidecar: {err.reason}")
    return err


def _context(identity: MeshIdentity) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cadata=identity.roots)
    with _in_memory(identity.certificate + identity.key) as path:
        context.load_cert_chain(path)
    return context


@contextmanager
def _in_memory(text: str) -> Iterator[str]:
    """Give `text` a path, as Python reads keys from files alone; it is on no disk."""
    descriptor = os.memfd_create("mesh", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, text.encode("ascii"))
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)
