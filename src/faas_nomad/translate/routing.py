"""How a function wants its invocations routed. Pure.

`com.openfaas.nomad.sticky` is `header:NAME` or `cookie:NAME`.
"""

import re
from dataclasses import dataclass
from typing import Literal

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.annotations import nomad_annotations

_STICKY = re.compile(r"(header|cookie):([A-Za-z0-9!#$%&'*+.^_`|~-]{1,128})")
"""A field's or a cookie's name is a token (RFC 9110 5.1, RFC 6265 4.1.1)."""


@dataclass(frozen=True)
class StickyBy:
    """Requests with the same value of this header or cookie go to the same replica."""

    by: Literal["header", "cookie"]
    name: str


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
