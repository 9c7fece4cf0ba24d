"""What Nomad's UI shows of a function's job: a description, and links out of Nomad. Pure.

The description is Markdown (nomad `structs.JobUIConfig`, v1.8 and later; older ones drop the
block), so what a user wrote is escaped. The block is changed in place: no replica is replaced.
"""

import re
from typing import Any
from urllib.parse import quote, urlencode

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.policy import JobPolicy

MAX_IMAGE_CHARS = 150
"""Nomad takes descriptions of 1,000 bytes; escaped, each of these is four at most."""
NAME, NAMESPACE = "{name}", "{namespace}"
"""What stands for the function's own in `dashboard_url`."""

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|~&:$\"'=^])")
"""What can begin a mark-up, an entity or an address within a line."""


def ui_block(fn: FunctionDeployment, policy: JobPolicy) -> dict[str, Any]:
    """Return the job's UI: links to invoke, logs and dashboard where the installation has them."""
    namespace = fn.namespace or policy.function_namespace
    return {
        "Description": f"OpenFaaS function {as_text(fn.service)} in {as_text(namespace)}, "
        f"image {as_text(fn.image)}",
        "Links": [{"Label": label, "Url": url} for label, url in _links(fn, namespace, policy)],
    }


def as_text(text: str) -> str:
    """Return `text` as Markdown that shows it as it is, cut where it is very long."""
    shown = text if len(text) <= MAX_IMAGE_CHARS else text[: MAX_IMAGE_CHARS - 1] + "…"
    return _MARKDOWN.sub(r"\\\1", shown)


def _links(fn: FunctionDeployment, namespace: str, policy: JobPolicy) -> list[tuple[str, str]]:
    name = quote(fn.service, safe="")
    links = []
    if policy.public_url:
        base = policy.public_url.rstrip("/")
        asked = urlencode({"name": fn.service, "namespace": namespace})
        links.append(("Invoke", f"{base}/function/{name}.{quote(namespace, safe='')}"))
        links.append(("Logs", f"{base}/system/logs?{asked}"))
    if policy.dashboard_url:
        url = policy.dashboard_url.replace(NAME, name)
        links.append(("Dashboard", url.replace(NAMESPACE, quote(namespace, safe=""))))
    return links
