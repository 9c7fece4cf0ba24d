"""Which right a call of Nomad's API takes, in the words of an ACL policy. Pure.

Nomad answers every lacking right with the same «Permission denied». Sources: nomad's endpoints
(`nomad/*_endpoint.go`, v1.11); each was tried with a token that lacks it.
"""

import re
from collections.abc import Callable, Mapping

Params = Mapping[str, object]


def right_for(method: str, path: str, params: Params) -> str:
    """Return what a policy must grant for the call; empty when this does not know it."""
    for methods, pattern, words in _RIGHTS:
        found = pattern.fullmatch(path)
        if found and method in methods:
            return words(found, str(params.get("namespace") or "default"))
    return ""


def capability(name: str) -> "Callable[[re.Match[str], str], str]":
    """Return the words for a capability of a namespace."""
    return lambda _found, namespace: capability_words(name, namespace)


def capability_words(name: str, namespace: str) -> str:
    """Return the words for a capability of a namespace, as an error has them."""
    return f'the capability "{name}" in the namespace {_shown(namespace)}'


def variable_words(name: str, path: str, namespace: str) -> str:
    """Return the words for a right on variables, as an error has them."""
    return f'"{name}" on the variables path "{path}" in the namespace {_shown(namespace)}'


def _shown(namespace: str) -> str:
    return "of every function" if namespace == "*" else f'"{namespace}"'


def _on_variables(name: str) -> "Callable[[re.Match[str], str], str]":
    return lambda found, namespace: variable_words(name, found[1], namespace)


def _fixed(text: str) -> "Callable[[re.Match[str], str], str]":
    return lambda _found, _namespace: text


_WRITES = ("PUT", "POST", "DELETE")
_RIGHTS = tuple(
    (methods, re.compile(pattern), words)
    for methods, pattern, words in (
        (("GET",), "/v1/jobs", capability("list-jobs")),
        (("GET", "POST"), "/v1/jobs/statuses", capability("read-job")),
        (("POST", "PUT"), "/v1/jobs", capability("submit-job")),
        (("POST", "PUT"), "/v1/validate/job", capability("read-job")),
        (("POST", "PUT"), "/v1/job/.+/(?:scale|revert)", capability("submit-job")),
        (("POST", "PUT"), "/v1/job/.+/plan", capability("submit-job")),
        (("DELETE",), "/v1/job/.+", capability("submit-job")),
        (("GET",), "/v1/job/.+", capability("read-job")),
        (("GET",), "/v1/allocations?(?:/.*)?", capability("read-job")),
        (_WRITES, "/v1/allocation/.+", capability("alloc-lifecycle")),
        (("GET",), "/v1/deployments?(?:/.*)?", capability("read-job")),
        (_WRITES, "/v1/deployment/.+", capability("submit-job")),
        (("GET",), "/v1/evaluations?(?:/.*)?", capability("read-job")),
        (("GET",), "/v1/services?(?:/.*)?", capability("read-job")),
        (("GET",), "/v1/event/stream", capability("read-job")),
        (("GET",), "/v1/client/fs/logs/.+", capability("read-logs")),
        (_WRITES, "/v1/client/allocation/.+/(?:restart|signal)", capability("alloc-lifecycle")),
        (("GET",), "/v1/client/allocation/.+", capability("read-job")),
        (("GET",), "/v1/var/(.+)", _on_variables("read")),
        (("PUT", "POST"), "/v1/var/(.+)", _on_variables("write")),
        (("DELETE",), "/v1/var/(.+)", _on_variables("destroy")),
        (("GET",), "/v1/nodes?(?:/.*)?", _fixed('node { policy = "read" }')),
        (("GET",), "/v1/agent/.+", _fixed('agent { policy = "read" }')),
        (("GET",), "/v1/operator/.+", _fixed('operator { policy = "read" }')),
        (("PUT", "POST", "DELETE"), "/v1/namespaces?(?:/.*)?", _fixed("a management token")),
    )
)
