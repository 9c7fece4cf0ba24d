"""How a function wants its invocations routed and carried. Pure.

`com.openfaas.nomad.sticky` is `header:NAME` or `cookie:NAME`. `com.openfaas.nomad.upstream_tls` is
`verify` or `skip_verify`; its `.server_name` is what the certificate is for where that is not the
address of the replica.
"""

import re
from dataclasses import dataclass
from typing import Literal

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.annotations import nomad_annotations

_STICKY = re.compile(r"(header|cookie):([A-Za-z0-9!#$%&'*+.^_`|~-]{1,128})")
"""A field's or a cookie's name is a token (RFC 9110 5.1, RFC 6265 4.1.1)."""
_HOST_NAME = re.compile(r"(?=.{1,253}$)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")


@dataclass(frozen=True)
class StickyBy:
    """Requests with the same value of this header or cookie go to the same replica."""

    by: Literal["header", "cookie"]
    name: str


@dataclass(frozen=True)
class UpstreamTls:
    """The function's replicas speak TLS."""

    verify: bool
    """Their certificate is checked; otherwise anyone may answer for them."""
    server_name: str
    """What the certificate is for; "": the replica's address."""


def sticky_of(fn: FunctionDeployment) -> StickyBy | None:
    """Return what binds requests to a replica; None where nothing does.

    Raises:
        InvalidDeploymentError: The annotation is neither `header:NAME` nor `cookie:NAME`.
    """
    written = nomad_annotations(fn)
    if not written.has("sticky"):
        return None
    found = _STICKY.fullmatch(written.text("sticky", ""))
    if found is None:
        raise written.refuse("sticky", "header:NAME or cookie:NAME")
    return StickyBy("header" if found[1] == "header" else "cookie", found[2])


def upstream_tls_of(fn: FunctionDeployment) -> UpstreamTls | None:
    """Return how TLS is spoken to the function; None where it speaks plain HTTP.

    Raises:
        InvalidDeploymentError: An annotation is not understood, or lacks the other.
    """
    written = nomad_annotations(fn)
    mode = written.choice("upstream_tls", "", ("verify", "skip_verify"))
    name = written.text("upstream_tls.server_name")
    if name and mode != "verify":
        raise written.refuse("upstream_tls.server_name", "given with upstream_tls: verify")
    if written.has("upstream_tls.server_name") and not _HOST_NAME.fullmatch(name):
        raise written.refuse("upstream_tls.server_name", "a host name such as orders.internal")
    return UpstreamTls(mode == "verify", name) if mode else None
