"""Whose certificates are believed of functions that speak TLS."""

import ssl
from functools import cached_property

from faas_nomad.state.endpoints import UpstreamTls


class Trust:
    """Gives the TLS contexts; reading authorities takes some ten milliseconds, so `load` first."""

    def __init__(self, ca_file: str = "") -> None:
        """`ca_file` has the authorities (PEM); "": the system's."""
        self._ca_file = ca_file

    def load(self) -> None:
        """Read the authorities. Raises: OSError, ssl.SSLError when the file cannot be used."""
        self.context(UpstreamTls())

    def context(self, tls: UpstreamTls) -> ssl.SSLContext:
        """Return the context for a function's connections."""
        return self._verifying if tls.verify else self._believing

    @cached_property
    def _verifying(self) -> ssl.SSLContext:
        return _context(self._ca_file)

    @cached_property
    def _believing(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(["http/1.1"])
        return context


def _context(ca_file: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file or None)
    context.set_alpn_protocols(["http/1.1"])
    return context
