"""TLS to Vault as to every other back end: hvac's requests uses the context that we made."""

import ssl
from typing import Any

from requests.adapters import HTTPAdapter

from faas_nomad.clients.tls import FollowedTls, TlsFiles


class OwnTls(HTTPAdapter):
    """Checks certificates by the given files alone, and by `server_name` where one is given.

    requests would set its own authorities beside ours, and knows no other name than the address's.
    """

    def __init__(self, files: TlsFiles, connections: int) -> None:
        self._tls = FollowedTls(files)
        self._name = {"server_hostname": files.server_name} if files.server_name else {}
        super().__init__(pool_maxsize=connections)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave the connection as it is: its context knows."""

    def build_connection_pool_key_attributes(
        self, request: Any, verify: Any, cert: Any = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return where a request goes, and our context in place of files.

        Another context is another pool: connections of replaced certificates are not used again.
        """
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {"ssl_context": self._tls(), **self._name}


def reason_of(err: Exception) -> str:
    """Return why a connection failed, without what was asked for; empty where that is not known."""
    cause = getattr(err.args[0], "reason", None) if err.args else None
    certificate = next((e for e in _chain(cause) if isinstance(e, ssl.SSLError)), None)
    return str(getattr(certificate, "verify_message", "") or certificate or "")


def _chain(err: object) -> list[object]:
    """Return an error and those that it was made of."""
    found: list[object] = []
    while err is not None and err not in found:
        found.append(err)
        inner = err.args[0] if isinstance(err, Exception) and err.args else None
        err = inner if isinstance(inner, Exception) else None
    return found
