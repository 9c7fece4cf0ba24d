"""The certificate that callers are shown, replaced without a restart.

A context that listens takes another certificate for the handshakes to come. Both files are tried
on a context of their own first: a certificate beside another one's key would end every handshake.
"""

import ssl
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """A certificate with its chain, and its key, both PEM."""

    cert_file: str
    key_file: str


class Certificate:
    """`context` is for listeners; `load` reads the files anew for it."""

    def __init__(self, files: CertificateFiles) -> None:
        """Read the files. Raises: OSError, ssl.SSLError when they cannot be used."""
        self._files = files
        self.context = _context()
        self.load()

    def load(self) -> None:
        """Show what the files have from now on.

        Raises:
            OSError, ssl.SSLError: They cannot be used; the present certificate is shown on.
        """
        for context in (_context(), self.context):
            context.load_cert_chain(self._files.cert_file, self._files.key_file)


def _context() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context
