"""Members of a service mesh as Consul makes them: certificates with SPIFFE IDs."""

import itertools
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from faas_nomad.state.mesh import MeshIdentity, spiffe_id
from support.certificates import Authority, Certificate

_SERIAL = itertools.count()
TRUST_DOMAIN = "11111111-2222-3333-4444-555555555555.consul"


def member(
    authority: Authority,
    service: str,
    *,
    trust_domain: str = TRUST_DOMAIN,
    datacenter: str = "dc1",
    ends: timedelta = timedelta(days=3),
) -> Certificate:
    """Return the certificate of a service in the mesh."""
    uri = f"URI:{spiffe_id(trust_domain, datacenter, service)}"
    return authority.issue(f"{service}-{next(_SERIAL)}", names=uri, ends=ends)


def identity(authority: Authority, certificate: Certificate) -> MeshIdentity:
    """Return who the data path is that shows `certificate`."""
    return MeshIdentity(
        certificate=certificate.cert_file.read_text(),
        key=certificate.key_file.read_text(),
        roots=authority.ca_file.read_text(),
        trust_domain=TRUST_DOMAIN,
        datacenters=("dc1", "dc2"),
    )


def sidecar(certificate: Certificate, callers_of: Authority) -> ssl.SSLContext:
    """Return what a sidecar listens with: it asks callers for a certificate of that authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.cert_file, certificate.key_file)
    context.load_verify_locations(callers_of.ca_file)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


@contextmanager
def refusing_sidecar(context: ssl.SSLContext) -> Iterator[int]:
    """Run a sidecar whose handshakes fail, and give its port.

    It is a thread's, as a server of asyncio's closes without the alert that tells why.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_refuse, args=(listener, context), daemon=True)
        thread.start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def _refuse(listener: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            caller, _ = listener.accept()
        except OSError:
            return
        with caller, suppress(OSError):
            context.wrap_socket(caller, server_side=True).close()
