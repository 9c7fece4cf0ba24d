"""The command line: `faas-nomad serve | dev | config | render | plan | check | version`."""

import asyncio
import os
import ssl
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Never

import structlog
import typer
import uvloop

import faas_nomad
from faas_nomad.api.services import BasicAuth
from faas_nomad.commands import outcome
from faas_nomad.commands.plan import plan as plan_jobs
from faas_nomad.commands.render import FORMATS, single, texts_of, write
from faas_nomad.commands.render import render as render_jobs
from faas_nomad.commands.sources import Source
from faas_nomad.dev.run import DevError
from faas_nomad.dev.run import run as run_dev
from faas_nomad.logs import configure_logs
from faas_nomad.serving.serve import serve as serve_functions
from faas_nomad.settings.credentials import load_credentials
from faas_nomad.settings.errors import SettingsError
from faas_nomad.settings.flags import flags_from_argv
from faas_nomad.settings.load import LoadedSettings, load_settings
from faas_nomad.settings.page import Settings
from faas_nomad.settings.reading import read_text
from faas_nomad.settings.reference import flags_help
from faas_nomad.settings.report import report
from faas_nomad.tracing import OurLog, start_tracing

log = structlog.get_logger()
_SETTINGS = f"\b\nSettings, flags of every command but dev and version:\n{flags_help()}"
"""The first line keeps the layout as it is."""
cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="Settings are flags of every command but dev and version: see `serve --help`.",
)

EXIT_WRONG_SETTINGS = 2
EXIT_FAILED = 1
_ANY_FLAGS = {"allow_extra_args": True, "ignore_unknown_options": True}
"""The flags are the page of settings; `load_settings` names the unknown ones."""

_File = Annotated[
    str, typer.Option("--file", "-f", help="Stack file or deployment in JSON; - is standard input.")
]
_Functions = Annotated[
    list[str] | None, typer.Option("--function", help="Only this function; may come again.")
]


def main() -> None:
    """Run the command line."""
    cli()


@cli.command(context_settings=_ANY_FLAGS, epilog=_SETTINGS)
def serve(context: typer.Context) -> None:
    """Serve the OpenFaaS API. Any setting is a flag: --nomad-addr URL; see `config`."""
    loaded = _load(context.args)
    flags = flags_from_argv(context.args)
    configure_logs(loaded.settings.log.level, loaded.settings.log.format)
    for notice in loaded.notices:
        log.warning(notice)
    basic_auth = _credentials(loaded.settings)
    tracing = start_tracing(os.environ, OurLog())
    if tracing.spans:
        log.info("spans are exported")
    if tracing.is_missing:
        log.warning("no spans are exported: install faas-nomad[otel]")
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(
                serve_functions(
                    loaded.settings,
                    basic_auth,
                    lambda: load_settings(flags, os.environ, read_text).settings,
                    tracing.spans,
                )
            )
    except (OSError, ssl.SSLError) as err:
        _fail(f"faas-nomad cannot serve: {err}", EXIT_FAILED)
    finally:
        tracing.stop()


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


@cli.command(context_settings=_ANY_FLAGS)
def render(
    context: typer.Context,
    file: _File = "",
    function: _Functions = None,
    out: Annotated[str, typer.Option("--out", "-o", help="Folder to write files to.")] = "",
    form: Annotated[str, typer.Option("--format", help="hcl or json.")] = "hcl",
) -> None:
    """Print functions as Nomad jobs, deploying nothing. Settings are flags, as for `serve`."""
    if form not in FORMATS:
        _fail(f"--format is {form!r}: expected hcl or json", outcome.WRONG)
    settings = _quiet_settings(context.args)
    try:
        jobs, notes = asyncio.run(render_jobs(settings, _source(file, function), os.environ))
        texts = texts_of(jobs, form)
        if out:
            write(texts, Path(out))
        else:
            print(single(texts), end="")
    except outcome.CommandError as err:
        _fail(str(err), outcome.WRONG)
    _tell(notes)


@cli.command(context_settings=_ANY_FLAGS)
def plan(context: typer.Context, file: _File = "", function: _Functions = None) -> None:
    """Show what deploying would change in Nomad. Ends with 0: nothing, 1: something, 2: refused."""
    settings = _quiet_settings(context.args)
    try:
        planned = asyncio.run(plan_jobs(settings, _source(file, function), os.environ))
    except outcome.CommandError as err:
        _fail(str(err), outcome.WRONG)
    _tell(planned.notes)
    print("\n".join(planned.lines()))
    raise typer.Exit(outcome.DIFFERENT if planned.is_change else outcome.OK)


@cli.command(context_settings=_ANY_FLAGS)
def check(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Look at everything that serving takes, and say what to do. Ends with 1 on a failure."""
    # Here, as it loads the libraries of every back end, which `serve` does without.
    from faas_nomad.commands.check import findings
    from faas_nomad.commands.check.run import check as check_all

    loaded = _load(context.args)
    configure_logs("error", "text")
    found = asyncio.run(check_all(loaded.settings, loaded.notices))
    print(findings.as_json(found) if as_json else findings.table(found))
    raise typer.Exit(outcome.DIFFERENT if findings.has_failure(found) else outcome.OK)


@cli.command()
def version() -> None:
    """Print the version."""
    print(f"faas-nomad {faas_nomad.__version__} ({faas_nomad.__commit__})")


def _quiet_settings(args: Sequence[str]) -> Settings:
    """Return the settings of a command whose standard output is for its result."""
    loaded = _load(args)
    configure_logs("warning", "text")
    return loaded.settings


def _source(file: str, functions: list[str] | None) -> Source:
    return Source(file, tuple(functions or ()))


def _tell(notes: Sequence[str]) -> None:
    for note in notes:
        print(f"note: {note}", file=sys.stderr)


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
