"""`faas-nomad plan`: what Nomad would do with the jobs of a stack file; nothing is deployed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from faas_nomad.clients.errors import BackendError
from faas_nomad.commands.outcome import CommandError
from faas_nomad.commands.previewing import open_previews, told
from faas_nomad.commands.sources import Source, read_functions
from faas_nomad.operations.errors import OperationError
from faas_nomad.operations.previews import Preview
from faas_nomad.settings.page import Settings
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.plan_diff import is_change, plan_lines


@dataclass(frozen=True)
class Planned:
    """The plans by function's name, and notes for the user."""

    previews: dict[str, Preview]
    notes: list[str]

    @property
    def is_change(self) -> bool:
        """Return whether deploying would change anything."""
        return any(preview.is_new or is_change(preview.plan) for preview in self.previews.values())

    def lines(self) -> Iterator[str]:
        """Yield what to print."""
        for name, preview in self.previews.items():
            yield from _lines(name, preview)


async def plan(settings: Settings, source: Source, environ: Mapping[str, str]) -> Planned:
    """Return Nomad's plan for every function asked for.

    Raises:
        CommandError: A deploy would be refused, or Nomad cannot be asked; names every function.
    """
    found = read_functions(source, environ)
    previews: dict[str, Preview] = {}
    problems: list[str] = []
    async with open_previews(settings) as previewing:
        for fn in found.functions:
            try:
                previews[fn.service] = await previewing.plan(fn)
            except (InvalidDeploymentError, OperationError, BackendError) as err:
                problems.append(told(fn, err))
    if problems:
        raise CommandError("\n".join(problems))
    return Planned(previews, found.notes)


def _lines(name: str, preview: Preview) -> Iterator[str]:
    if preview.is_new:
        yield f"{name}: new"
    elif not is_change(preview.plan):
        yield f"{name}: no change"
        return
    else:
        yield f"{name}: changes"
    yield from (f"  {line}" for line in plan_lines(preview.plan))
