"""Whose fault it is that there is no connection to a replica. Pure."""

import errno
from enum import Enum, auto

from faas_nomad.proxy.mesh import MeshRefusedError, NoIdentityError

_OURS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL})


class Blame(Enum):
    """What a failure to connect says."""

    REPLICA = auto()
    """It is not there, or not who it should be."""
    MESH = auto()
    """It is there, and Consul's mesh refuses us: as it would at the function's other replicas."""
    SOCKETS = auto()
    """This machine has none left; that says nothing about the replica."""
    IDENTITY = auto()
    """We have no certificate for the mesh, nor does this."""


def blame_of(err: OSError) -> Blame:
    """Return what `err` says."""
    if isinstance(err, MeshRefusedError):
        return Blame.MESH
    if isinstance(err, NoIdentityError):
        return Blame.IDENTITY
    return Blame.SOCKETS if err.errno in _OURS else Blame.REPLICA


OURS = {
    Blame.SOCKETS: "The proxy has no more sockets.",
    Blame.IDENTITY: "The proxy has no certificate of Consul's service mesh yet.",
}
"""What callers are told where no other replica would help."""
