"""The command line: `faas-nomad serve | dev | config | version`."""

import asyncio
import os
import ssl
import sys
from collections.abc import Sequence
from typing import Annotated, Never

import structlog
import typer
import uvloop

import faas_nomad
from faas_nomad import app as service
from faas_nomad import wiring
from faas_nomad.api.services import BasicAuth
from faas_nomad.dev.run import DevError
from faas_nomad.dev.run import run as run_dev
from faas_nomad.logs import configure_logs
from faas_nomad.settings.credentials import load_credentials
from faas_nomad.settings.errors import SettingsError
from faas_nomad.settings.flags import flags_from_argv
from faas_nomad.settings.load import LoadedSettings, load_settings
from faas_nomad.settings.page import Settings
from faas_nomad.settings.reading import read_text
from faas_nomad.settings.report import report

log = structlog.get_logger()
cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

EXIT_WRONG_SETTINGS = 2
EXIT_FAILED = 1
_ANY_FLAGS = {"allow_extra_args": True, "ignore_unknown_options": True}
"""The flags are the page of settings; `load_settings` names the unknown ones."""


def main() -> None:
    """Run the command line."""
    cli()


@cli.command(context_settings=_ANY_FLAGS)
def serve(context: typer.Context) -> None:
    """Serve the OpenFaaS API. Any setting is a flag: --nomad-addr URL; see `config`."""
    loaded = _load(context.args)
    configure_logs(loaded.settings.log.level, loaded.settings.log.format)
    for notice in loaded.notices:
        log.warning(notice)
    basic_auth = _credentials(loaded.settings)
    try:
        wiring.refuse_what_is_to_come(loaded.settings)
    except SettingsError as err:
        _fail("\n".join(err.problems), EXIT_WRONG_SETTINGS)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(service.serve(loaded.settings, basic_auth))
    except (OSError, ssl.SSLError) as err:
        _fail(f"faas-nomad cannot serve: {err}", EXIT_FAILED)


@cli.command()
def dev(
    once: Annotated[bool, typer.Option("--once", help="Exit after the first answer.")] = False,
    nomad: Annotated[
        str, typer.Option(help="auto, embedded (the stand-in), or a Nomad binary's path.")
    ] = "auto",
) -> None:
    """Start a Nomad, faas-nomad on it, and a first function; stay until Ctrl-C."""
    try:
        run_dev(once=once, nomad=nomad, say=lambda text: print(text, flush=True))
    except DevError as err:
        _fail(str(err), EXIT_FAILED)


@cli.command(context_settings=_ANY_FLAGS)
def config(context: typer.Context) -> None:
    """Print every setting, its value (secrets masked) and where it came from."""
    print(report(_load(context.args)))


@cli.command()
def version() -> None:
    """Print the version."""
    print(f"faas-nomad {faas_nomad.__version__} ({faas_nomad.__commit__})")


def _load(args: Sequence[str]) -> LoadedSettings:
    try:
        return load_settings(flags_from_argv(args), os.environ, read_text)
    except SettingsError as err:
        _fail("\n".join(err.problems), EXIT_WRONG_SETTINGS)


def _credentials(settings: Settings) -> BasicAuth | None:
    if not settings.listen.basic_auth:
        return None
    try:
        found = load_credentials(settings.listen.secret_mount_path, read_text)
    except SettingsError as err:
        _fail("\n".join(err.problems), EXIT_WRONG_SETTINGS)
    return BasicAuth(found.user, found.password)


def _fail(text: str, code: int) -> Never:
    print(text, file=sys.stderr)
    raise typer.Exit(code)
