"""The two reads that gateways and pollers repeat, answered without the web framework.

A gateway asks for a function's status before every invocation, each time on a connection of its
own. The data path hands such a request here first; whatever is unusual about it goes on to the
application, which answers the same bytes.
"""

import re
from urllib.parse import parse_qsl, unquote

from faas_nomad.api.auth import is_authorized
from faas_nomad.api.functions import is_true
from faas_nomad.api.services import Services

_AUTHORIZATION = re.compile(rb"\r\nauthorization:[ \t]*([^\r]*?)[ \t]*(?=\r\n)", re.IGNORECASE)
_LIST = "/system/functions"
_STATUS = "/system/function/"


class LeanReads:
    """Answers from rendered bytes; None means that the application is to be asked."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def body(self, target: bytes, head: bytes) -> bytes | None:
        """Return the JSON for a GET of `target`; `head` is the whole request head."""
        path, _, query = target.decode("latin-1").partition("?")
        is_list = path == _LIST
        if not is_list and not path.startswith(_STATUS):
            return None
        given = dict(parse_qsl(query, keep_blank_values=True))
        namespace = self._namespace(given.get("namespace", ""))
        with_usage = is_true(given.get("usage", ""))
        if namespace is None or not self._is_allowed(head):
            return None
        services = self._services
        if is_list:
            found: bytes | None = services.rendered.list(namespace, with_usage=with_usage)
        else:
            name = unquote(path[len(_STATUS) :])
            key = services.functions.directory.key_of_service(name, namespace)
            found = services.rendered.status(key, with_usage=with_usage)
        if found is not None:
            services.calls.count("200", "GET", path if is_list else "/system/function", 0.0)
        return found

    def _namespace(self, given: str) -> str | None:
        services = self._services
        namespace = services.names.to_nomad_namespace(given)
        known = (
            services.functions.picture.is_known and namespace in services.functions.namespaces.names
        )
        return namespace if known else None

    def _is_allowed(self, head: bytes) -> bool:
        wanted = self._services.basic_auth
        if wanted is None:
            return True
        given = _AUTHORIZATION.findall(head)
        return len(given) == 1 and is_authorized(given[0].decode("latin-1"), wanted)
