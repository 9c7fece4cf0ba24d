"""Settings → how Nomad is reached and followed; opens nothing but token files."""

from pathlib import Path

import structlog

from faas_nomad.clients.connections import open_client
from faas_nomad.clients.http import Backend, CallObserver
from faas_nomad.clients.lean_get import LeanGetter, place_of
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.clients.tls import TlsFiles
from faas_nomad.clients.tokens import FileToken, FixedToken, TokenSource
from faas_nomad.settings.page import Settings
from faas_nomad.tasks.sync import SyncSettings
from faas_nomad.translate.nomad_rights import right_for

log = structlog.get_logger()


def nomad_client(settings: Settings, observe: CallObserver) -> NomadClient:
    """Return a client for the Nomad of the settings; the caller closes `backend.client`.

    Raises:
        OSError, ssl.SSLError: A certificate file cannot be used.
    """
    nomad = settings.nomad
    backend = Backend(
        "Nomad",
        open_client(nomad.addr, nomad_tls(settings), nomad.timeout_s),
        token_source(nomad.token, nomad.token_file),
        token_header="X-Nomad-Token",  # noqa: S106 - the header's name
        timeout_s=nomad.timeout_s,
        server_name=nomad.server_name,
        observe=observe,
        right_for=right_for,
    )
    return NomadClient(backend, region=nomad.region)


def nomad_tls(settings: Settings) -> TlsFiles:
    """Return the certificates for Nomad."""
    nomad = settings.nomad
    return TlsFiles(
        nomad.ca_file,
        nomad.ca_path,
        nomad.cert_file,
        nomad.key_file,
        nomad.server_name,
        nomad.skip_verify,
    )


def nomad_getter(settings: Settings, backend: Backend) -> LeanGetter:
    """Return the quick way to the same Nomad, for reads of usage; the caller closes it.

    Raises:
        OSError, ssl.SSLError: A certificate file cannot be used.
    """
    place = place_of(settings.nomad.addr, nomad_tls(settings))
    return LeanGetter("Nomad", place, backend.auth_headers)


def token_source(token: str, file: str) -> TokenSource:
    """Return where a token comes from: its file, if there is one."""
    if file:
        return FileToken(Path(file), lambda why: log.warning(why))
    return FixedToken(token)


def sync_settings(settings: Settings, region: str) -> SyncSettings:
    """Return what the sync task of a region reads and how often."""
    return SyncSettings(
        resync_interval_s=settings.functions.resync_interval_s,
        job_prefix=settings.job.name_prefix,
        region=region,
        regions=1 + len(settings.nomad.regions),
    )
