"""Settings → what reads functions' logs; opens no connection yet."""

import time
from dataclasses import dataclass

from faas_nomad.clients.connections import open_client
from faas_nomad.clients.http import Backend
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.clients.nomad_logs import NomadLogs
from faas_nomad.operations.function_logs.bounds import LogBounds
from faas_nomad.operations.function_logs.reading import FunctionLogs
from faas_nomad.settings.page import Settings
from faas_nomad.state.functions import Functions
from faas_nomad.wiring.nomad import nomad_tls, token_source


@dataclass(frozen=True)
class LogParts:
    """The logs, and the connections they are read by."""

    logs: FunctionLogs
    outputs: NomadLogs

    def connections(self) -> int:
        """Return how many connections to Nomad are open for logs."""
        return self.outputs.connections

    async def close(self) -> None:
        """End the connections."""
        await self.outputs.backend.client.aclose()


def logs_of(settings: Settings, nomad: NomadClient, functions: Functions) -> LogParts:
    """Return the parts, wired. Followed logs hold connections: they have a pool of their own.

    Raises:
        OSError, ssl.SSLError: A certificate file cannot be used.
    """
    given, bounds = settings.nomad, settings.function_logs
    client = open_client(
        given.addr,
        nomad_tls(settings),
        given.timeout_s,
        max_connections=bounds.max_connections,
    )
    backend = Backend(
        "Nomad",
        client,
        token_source(given.token, given.token_file),
        token_header="X-Nomad-Token",  # noqa: S106 - the header's name
        timeout_s=given.timeout_s,
        server_name=given.server_name,
    )
    outputs = NomadLogs(backend, region=given.region)
    logs = FunctionLogs(nomad, outputs, functions, log_bounds(settings), time.time_ns)
    return LogParts(logs, outputs)


def log_bounds(settings: Settings) -> LogBounds:
    """Return what reading functions' logs may cost."""
    logs = settings.function_logs
    return LogBounds(
        buffer_bytes=logs.buffer_bytes,
        history_bytes=logs.history_bytes,
        line_bytes=logs.line_bytes,
        max_functions=logs.max_functions,
        max_readers=logs.max_readers,
        max_ended_replicas=logs.max_ended_replicas,
    )
