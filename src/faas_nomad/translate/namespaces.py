"""Which Nomad namespaces hold functions. Pure.

A namespace is for functions when its meta says `openfaas = 1`; the default one always is.
"""

from collections.abc import Iterable, Mapping
from typing import Any

MARK = "openfaas"


def function_namespaces(
    visible: Iterable[Mapping[str, Any]], default_namespace: str
) -> frozenset[str]:
    """Return the names of the marked ones among `visible`, and the default one."""
    marked = (n["Name"] for n in visible if (n.get("Meta") or {}).get(MARK) in ("1", "true"))
    return frozenset({default_namespace, *marked})
