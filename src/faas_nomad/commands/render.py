"""`faas-nomad render`: functions as Nomad jobs, for a repository; nothing is deployed."""

import json
from collections.abc import Mapping
from pathlib import Path

from faas_nomad.clients.errors import BackendError
from faas_nomad.commands.outcome import CommandError
from faas_nomad.commands.previewing import open_previews, told
from faas_nomad.commands.sources import Source, read_functions
from faas_nomad.model.nomad import Job
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.settings.page import Settings
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.hcl.job import NoHclError, job_hcl

FORMATS = ("hcl", "json")


async def render(
    settings: Settings, source: Source, environ: Mapping[str, str]
) -> tuple[list[Job], list[str]]:
    """Return the jobs of the functions asked for, and notes for the user.

    Raises:
        CommandError: Something cannot be understood, or Nomad's nodes are needed and away.
    """
    found = read_functions(source, environ)
    notes = [*found.notes, *_secrets_notes(found.functions)]
    jobs: list[Job] = []
    problems: list[str] = []
    async with open_previews(settings) as previews:
        for fn in found.functions:
            try:
                jobs.append(await previews.render(fn))
            except InvalidDeploymentError as err:
                problems.append(told(fn, err))
            except BackendError as err:
                raise CommandError(
                    f"{err}\nto render without a Nomad, set job_driver and mhz_per_core"
                ) from None
    if problems:
        raise CommandError("\n".join(problems))
    return jobs, notes


def texts_of(jobs: list[Job], form: str) -> dict[str, str]:
    """Return each job as a file, by the file's name. Raises: CommandError."""
    try:
        return {f"{job['ID']}.nomad.{form}": _text(job, form) for job in jobs}
    except NoHclError as err:
        raise CommandError(str(err)) from None


def write(texts: Mapping[str, str], folder: Path) -> None:
    """Write the files into `folder`, which is made if need be. Raises: CommandError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as err:
        raise CommandError(f"{folder} cannot be written: {err.strerror or err}") from None


def single(texts: Mapping[str, str]) -> str:
    """Return the only text. Raises: CommandError: there are several, and one file holds one job."""
    if len(texts) != 1:
        raise CommandError(
            f"{len(texts)} functions, and a job file holds one: "
            "choose with --function, or write files with --out FOLDER"
        )
    return next(iter(texts.values()))


def _text(job: Job, form: str) -> str:
    if form == "hcl":
        return job_hcl(job)
    return json.dumps({"Job": job}, indent=2, ensure_ascii=False) + "\n"


def _secrets_notes(functions: list[FunctionDeployment]) -> list[str]:
    return [
        f"{fn.service} has secrets: the job waits for its copies, which faas-nomad writes when it "
        "deploys the function, or within resync_interval of finding the job"
        for fn in functions
        if fn.secrets
    ]
