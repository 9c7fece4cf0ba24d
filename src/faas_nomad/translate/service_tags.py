"""Tags and meta of a function's service, for balancers that route to it by themselves. Pure.

An operator names templates, in which `{function}`, `{namespace}` and `{host}` stand for a function;
`traefik`, `fabio` and `haproxy` are templates of this project.
Sources: Traefik's Nomad and Consul Catalog providers, Fabio's `urlprefix-` tags; consul
`agent/structs` (meta keys are letters, digits, `-` and `_`; values have 512 characters).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.escapes import env_text
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.written import Written

LABELS = "com.openfaas."
"""Labels that go into a service's meta in Consul, with dashes in place of their dots."""
MAX_META_KEY = 128
MAX_META_VALUE = 512
MAX_META_PAIRS = 60

_META_KEY = re.compile(r"[A-Za-z0-9_-]+")
_NAMED = ("openfaas.function={function}", "openfaas.namespace={namespace}")
_ROUTER = "traefik.http.routers.{function}_{namespace}"
"""Neither name has an underscore, so no two functions have one router."""
_STRIP = "traefik.http.middlewares.{function}_{namespace}"

BY_HOST: Mapping[str, tuple[str, ...]] = {
    "traefik": ("traefik.enable=true", _ROUTER + ".rule=Host(`{host}`)"),
    "fabio": ("urlprefix-{host}/",),
    "haproxy": ("haproxy.enable=true", "haproxy.host={host}", *_NAMED),
}


@dataclass(frozen=True)
class Called:
    """How callers call a function; `paths` are all below which it is, in callers' spellings."""

    function: str
    namespace: str
    paths: tuple[str, ...]

    def fill(self, template: str, host: str = "") -> str:
        """Return `template` with its placeholders filled in."""
        filled = template.replace("{function}", self.function)
        return filled.replace("{namespace}", self.namespace).replace("{host}", host)


def called_as(service: str, namespaces: Sequence[str], *, is_default: bool) -> Called:
    """Return how callers call `service`; in the default namespace they need not name that one."""
    spellings = [f"{service}.{namespace}" for namespace in dict.fromkeys(namespaces)]
    names = [service, *spellings] if is_default else spellings
    return Called(service, namespaces[0], tuple(f"/function/{name}" for name in names))


def by_path(called: Called) -> Mapping[str, tuple[str, ...]]:
    """Return the tags of balancers that tell functions by their paths."""
    paths = called.paths
    rule = " || ".join(f"Path(`{path}`) || PathPrefix(`{path}/`)" for path in paths)
    # The first that fits is stripped, and the shortest is the beginning of the others.
    stripped = ",".join(sorted(paths, key=len, reverse=True))
    return {
        "traefik": (
            "traefik.enable=true",
            f"{_ROUTER}.rule={rule}",
            f"{_STRIP}.stripprefix.prefixes={stripped}",
            _ROUTER + ".middlewares={function}_{namespace}",
        ),
        "fabio": tuple(f"urlprefix-{path}/ strip={path}" for path in paths),
        "haproxy": ("haproxy.enable=true", *_NAMED),
    }


def service_tags(called: Called, written: Written, policy: JobPolicy) -> list[str]:
    """Return the service's tags; those for balancers unless the function stays out of it."""
    tags = list(policy.service_tags)
    if written.flag("direct_routing", policy.direct_routing):
        tags += balancer_tags(policy.balancer_tags, called, policy.service_host)
    return tags


def balancer_tags(templates: Sequence[str], called: Called, host_pattern: str) -> list[str]:
    """Return the tags that `templates` make for one function."""
    known = BY_HOST if host_pattern else by_path(called)
    host = called.fill(host_pattern)
    said = [tag for template in templates for tag in known.get(template, (template,))]
    return list(dict.fromkeys(called.fill(tag, host) for tag in said))


def service_meta(fn: FunctionDeployment, called: Called, policy: JobPolicy) -> dict[str, str]:
    """Return the operator's meta, and the `com.openfaas.*` labels as far as Consul holds them.

    No label takes the place of what the operator says.
    """
    host = called.fill(policy.service_host)
    filled = (called.fill(template, host) for template in policy.service_meta)
    said = dict(text.split("=", 1) for text in filled)
    return {**said, **{key: text for key, text in _labels(fn).items() if key not in said}}


def _labels(fn: FunctionDeployment) -> dict[str, str]:
    found = {
        label.replace(".", "-"): env_text(text)
        for label, text in fn.labels.items()
        if label.startswith(LABELS)
    }
    fitting = {key: text for key, text in found.items() if _fits(key, text)}
    return dict(list(fitting.items())[:MAX_META_PAIRS])


def _fits(key: str, text: str) -> bool:
    is_key = len(key) <= MAX_META_KEY and _META_KEY.fullmatch(key) is not None
    return is_key and len(text.encode()) <= MAX_META_VALUE
