"""Builds a program with the Go toolchain from the `tool` line of its `go.mod` below `tools`.

Every module is checked against the `go.sum` beside it. A build has no web UI: its pages are
no part of the Go modules. Go's build cache is kept, so a second build takes seconds.
"""

import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from faas_nomad.tools.catalog import Tool
from faas_nomad.tools.compilers import compiler_settings
from faas_nomad.tools.errors import WayError
from faas_nomad.tools.gotoolchain import go_environment, usable_toolchain
from faas_nomad.tools.progress import Progress, build_line

BUILD_S = 3000.0  # ten times what two cores take
TICK_S = 0.2
REASON_CHARACTERS = 300


def build_program(
    tool: Tool,
    modules: Path,
    to: Path,
    environ: Mapping[str, str],
    progress: Progress,
    zig: Callable[[], Path],
) -> None:
    """Build `tool` from its module below `modules` and write the program to `to`.

    The folder of `to` takes the temporary files too; the caller removes it. `zig` fetches a C
    compiler; it is called where one is needed and not there.

    Raises:
        WayError: There is no module file, no Go that is new enough, no C compiler where one is
            needed, or the build failed.
    """
    module = modules / tool.module
    if not (module / "go.mod").is_file():
        raise WayError(f"go build: there is no {module / 'go.mod'}; a source checkout has it")
    toolchain = usable_toolchain(module / "go.mod", environ)
    c = compiler_settings(tool, toolchain, environ, to.parent, progress, zig)
    go = go_environment(environ, cgo=tool.needs_c)
    try:
        build = subprocess.Popen(
            go_build_command(toolchain.go, tool, to),
            cwd=module,
            env={**go, **c, "GOTMPDIR": str(to.parent)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            process_group=0,
        )
    except OSError as err:
        raise WayError(f"go build: {toolchain.go} does not start ({err.strerror})") from err
    with build:
        _follow(build, f"building {tool.name} {tool.version} with Go", progress)


def go_build_command(go: str, tool: Tool, to: Path) -> list[str]:
    """Return the command; `tool` at its end is Go's word for the packages on `tool` lines."""
    tags = [f"-tags={','.join(tool.build_tags)}"] if tool.build_tags else []
    fixed = ["-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags=-s -w"]
    return [go, "build", "-v", *fixed, *tags, "-o", str(to), "tool"]


def failure_reason(lines: list[str]) -> str:
    """Return the line of Go's output that says what went wrong: not a package, not a download.

    An indented line only adds to the one before it.
    """
    no_reason = ("go: downloading", " ", "\t")
    spoken = [line for line in lines if " " in line and not line.startswith(no_reason)]
    return (spoken or ["it said nothing"])[-1][:REASON_CHARACTERS]


class _Output:
    """The last lines that Go wrote, and how many packages it named; filled by a thread."""

    def __init__(self) -> None:
        self.lines: deque[str] = deque([""], maxlen=200)
        self.packages = 0

    def read(self, stream: IO[bytes]) -> None:
        for line in stream:
            text = line.decode(errors="replace").rstrip()
            self.lines.append(text)
            self.packages += " " not in text


def _follow(build: subprocess.Popen[bytes], label: str, progress: Progress) -> None:
    """Wait for the build, showing what it is at; it does not outlive this call."""
    assert build.stderr is not None
    output = _Output()
    reader = threading.Thread(target=output.read, args=(build.stderr,), daemon=True)
    reader.start()
    started_s = progress.now_s()
    try:
        elapsed_s, ended = 0.0, False
        while not ended:
            if elapsed_s > BUILD_S:
                raise WayError(f"go build: not done after {elapsed_s:.0f} s")
            progress.show(build_line(label, elapsed_s, output.packages, output.lines[-1].strip()))
            ended = _ended(build)
            elapsed_s = progress.now_s() - started_s
    finally:
        _stop(build)
        reader.join()
        progress.finish()
    if build.returncode != 0:
        raise WayError(f"go build: {failure_reason(list(output.lines))}")


def _stop(build: subprocess.Popen[bytes]) -> None:
    """End Go and its compilers, which would outlive it, if they still run."""
    if build.poll() is None:
        os.killpg(build.pid, signal.SIGKILL)


def _ended(build: subprocess.Popen[bytes]) -> bool:
    try:
        build.wait(TICK_S)
    except subprocess.TimeoutExpired:
        return False
    return True
