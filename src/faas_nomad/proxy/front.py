"""What the connections of one listener share."""

from dataclasses import dataclass

from faas_nomad.proxy.clients import Clients
from faas_nomad.proxy.connector import Connector
from faas_nomad.proxy.context import Context
from faas_nomad.proxy.exchange import Exchange
from faas_nomad.proxy.router import Router


@dataclass(frozen=True, slots=True)
class Front:
    """One for each listener."""

    context: Context
    router: Router
    connector: Connector
    clients: Clients
    address_line: bytes
    """Tells the control plane which listener it is."""
    proto: bytes = b"http"
    """What callers speak: http or https."""
    invoke: type[Exchange] = Exchange
    """Carries an invocation."""
