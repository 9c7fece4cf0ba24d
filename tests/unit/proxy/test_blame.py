"""Whose fault a missing connection is."""

import errno
import ssl

import pytest

from faas_nomad.proxy.blame import OURS, Blame, blame_of
from faas_nomad.proxy.mesh import MeshRefusedError, NoIdentityError


@pytest.mark.parametrize(
    ("err", "blame"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), Blame.REPLICA),
        (TimeoutError(), Blame.REPLICA),
        (ssl.SSLCertVerificationError("expired"), Blame.REPLICA),
        (OSError(errno.EMFILE, "too many"), Blame.SOCKETS),
        (NoIdentityError("none yet"), Blame.IDENTITY),
        (MeshRefusedError("alert"), Blame.MESH),
    ],
)
def test_an_error_says_whose_fault_it_is(err: OSError, blame: Blame) -> None:
    assert blame_of(err) is blame


def test_callers_are_told_what_is_our_own_fault() -> None:
    assert set(OURS) == {Blame.SOCKETS, Blame.IDENTITY}
