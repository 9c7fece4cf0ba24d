"""Everything that comes before a task's start: folders, artifacts, templates, configuration."""

import asyncio
import signal
from collections.abc import Callable, Mapping
from typing import Any

from faas_nomad.embedded.interpolation import InterpolationError, interpolated, interpolated_config
from faas_nomad.embedded.node.artifacts import ArtifactError, fetch_artifact
from faas_nomad.embedded.node.drivers import Driver, DriverError, Launch
from faas_nomad.embedded.node.environment import (
    interpolation_values,
    task_environment,
    task_meta,
)
from faas_nomad.embedded.node.files import write_templates
from faas_nomad.embedded.node.folders import AllocFolders
from faas_nomad.embedded.node.services import NodeServices
from faas_nomad.embedded.node.templates import MissingVariableError, TemplateError
from faas_nomad.embedded.records import Alloc

Note = Callable[..., None]
"""Adds a task event: its kind, its message and further fields."""


class TaskFailedError(Exception):
    """The task can never start; `kind` is the event that says so."""

    def __init__(self, kind: str, text: str, **details: Any) -> None:
        super().__init__(text)
        self.kind = kind
        self.details = details


class Preparation:
    """Prepares one task of one allocation; what was done once is not done again."""

    def __init__(
        self,
        alloc: Alloc,
        task: Mapping[str, Any],
        folders: AllocFolders,
        services: NodeServices,
    ) -> None:
        self._alloc = alloc
        self._task = task
        self._folders = folders
        self._services = services
        self._name = str(task["Name"])
        self._is_prepared = False
        paths = folders.paths(self._name)
        self._environment = task_environment(alloc, task, services.facts, paths, services.inherited)
        self._defined: dict[str, str] = {}

    async def launch(self, note: Note) -> tuple[Driver, Launch]:
        """Return the driver and what it starts.

        Raises:
            TaskFailedError: It can never start.
            DriverError: It cannot be started now; the restart policy decides.
        """
        name = self._task["Driver"]
        driver = self._services.drivers[name]
        if name != "mock_driver" and not self._is_prepared:
            await self._prepare(note)
        return driver, self._configured()

    async def refresh_templates(self) -> list[Mapping[str, Any]]:
        """Render the templates again; return those whose file changed, none when one fails."""
        try:
            _, changed = await self._write_templates()
        except (TemplateError, MissingVariableError, OSError):
            return []
        return changed

    async def _prepare(self, note: Note) -> None:
        note(
            "Task Setup", "Building Task Directory", Details={"message": "Building Task Directory"}
        )
        _check_kill_signal(self._task)
        await asyncio.to_thread(self._folders.create, [self._name])
        await self._fetch_artifacts(note)
        await self._render_templates(note)
        self._is_prepared = True

    async def _fetch_artifacts(self, note: Note) -> None:
        artifacts = self._task["Artifacts"] or []
        if artifacts:
            note("Downloading Artifacts", "Client is downloading artifacts")
        for artifact in artifacts:
            relative = artifact.get("RelativeDest") or "local/"
            try:
                target = self._folders.inside(self._name, interpolated(relative, self._environment))
                await fetch_artifact(artifact, target)
            except (ArtifactError, ValueError) as err:
                note("Failed Artifact Download", str(err), DownloadError=str(err))
                raise DriverError(str(err)) from err

    async def _render_templates(self, note: Note) -> None:
        """Render all, waiting for variables that are not there yet."""
        waited_for = ""
        while True:
            try:
                self._defined, _ = await self._write_templates()
                return
            except MissingVariableError as err:
                if str(err) != waited_for:
                    waited_for = str(err)
                    place = f"{waited_for}@{self._alloc.namespace}.global"
                    note("Template", f"Missing: nomad.var.block({place})")
                await self._services.wait_for_change()
            except (TemplateError, OSError) as err:
                raise TaskFailedError("Killing", f"Template failed: {err}", FailsTask=True) from err

    async def _write_templates(self) -> tuple[dict[str, str], list[Mapping[str, Any]]]:
        def read(path: str) -> Mapping[str, str] | None:
            return self._services.read_variable(self._alloc.namespace, path)

        return await asyncio.to_thread(
            write_templates, self._folders, self._task, self._environment, read
        )

    def _configured(self) -> Launch:
        environment = {**self._environment, **self._defined}
        meta = task_meta(self._alloc, self._task)
        values = interpolation_values(environment, self._services.facts, meta)
        try:
            config = interpolated_config(self._task["Config"] or {}, values)
        except InterpolationError as err:
            raise TaskFailedError("Failed Validation", str(err), ValidationError=str(err)) from err
        return Launch(
            config=config,
            environment=environment,
            folder=self._folders.task(self._name),
            stdout=self._folders.log_file(self._name, "stdout"),
            stderr=self._folders.log_file(self._name, "stderr"),
            user=self._task["User"],
        )


def _check_kill_signal(task: Mapping[str, Any]) -> None:
    name = task["KillSignal"]
    if name and name not in signal.Signals.__members__:
        text = f'KillSignal "{name}" is no signal'
        raise TaskFailedError("Failed Validation", text, ValidationError=text)
