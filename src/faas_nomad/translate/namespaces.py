"""OpenFaaS namespaces ↔ the meta of Nomad's. Pure.

A namespace is for functions when its meta says `openfaas = 1`; the default one always is. Labels
and annotations are in its meta too, one entry each, so that they can be read in Nomad's UI.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from faas_nomad.model.openfaas import FunctionNamespace
from faas_nomad.translate.errors import InvalidNamespaceError, quoted
from faas_nomad.translate.names import Names

MARK = "openfaas"
LABEL = "openfaas.label."
ANNOTATION = "openfaas.annotation."
DESCRIPTION = "OpenFaaS functions"
_YES = ("1", "true")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_READ_ONLY = ("CreateIndex", "ModifyIndex")


def function_namespaces(visible: Iterable[Mapping[str, Any]], names: Names) -> frozenset[str]:
    """Return the names of the marked ones among `visible`, and the default one.

    One whose name stands for the default one cannot be meant by callers: it is none of them.
    """
    marked = {namespace["Name"] for namespace in visible if is_marked(namespace)}
    return frozenset({names.nomad_namespace, *(marked - names.of_the_default_one)})


def is_marked(namespace: Mapping[str, Any]) -> bool:
    """Tell whether a Nomad namespace is for functions."""
    return (namespace.get("Meta") or {}).get(MARK) in _YES


def check_namespace(wanted: FunctionNamespace) -> None:
    """Raise InvalidNamespaceError unless the name is a DNS label and the mark is there.

    Clients put `openfaas: "1"` into labels and annotations; one of them will do.
    """
    if not _NAME.fullmatch(wanted.name):
        raise InvalidNamespaceError(
            f"name: {quoted(wanted.name)}, expected lower-case letters, digits and dashes, "
            "at most 63"
        )
    marks = (wanted.labels.get(MARK), wanted.annotations.get(MARK))
    if not any(mark in _YES for mark in marks) or any(m not in (None, *_YES) for m in marks):
        raise InvalidNamespaceError(f'labels: expected {MARK}: "1"')


def namespace_body(
    wanted: FunctionNamespace, nomad_name: str, present: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what to write to Nomad; what is not OpenFaaS' in `present` stays as it is."""
    kept = {key: value for key, value in (present.get("Meta") or {}).items() if not _is_ours(key)}
    labels = {LABEL + key: value for key, value in wanted.labels.items()}
    annotations = {ANNOTATION + key: value for key, value in wanted.annotations.items()}
    return {
        "Description": DESCRIPTION,
        **{key: value for key, value in present.items() if key not in _READ_ONLY},
        "Name": nomad_name,
        "Meta": {**kept, MARK: "1", **labels, **annotations},
    }


def namespace_from_nomad(name: str, namespace: Mapping[str, Any]) -> FunctionNamespace:
    """Return the OpenFaaS namespace `name`; one that was marked by hand has the mark as label."""
    meta = namespace.get("Meta") or {}
    labels, annotations = _with_prefix(LABEL, meta), _with_prefix(ANNOTATION, meta)
    if not labels and not annotations:
        labels = {MARK: "1"}
    return FunctionNamespace(name=name, labels=labels, annotations=annotations)


def _is_ours(key: str) -> bool:
    return key == MARK or key.startswith((LABEL, ANNOTATION))


def _with_prefix(prefix: str, meta: Mapping[str, str]) -> dict[str, str]:
    return {k.removeprefix(prefix): v for k, v in meta.items() if k.startswith(prefix)}
