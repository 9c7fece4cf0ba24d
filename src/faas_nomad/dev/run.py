"""The development run, step by step, with the time each step took."""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from faas_nomad.dev.agent import (
    Agent,
    AgentError,
    child_environment,
    embedded_agent,
    free_port,
    is_free,
    real_agent,
    running,
)
from faas_nomad.dev.first_function import (
    QUESTION,
    SERVICE,
    Api,
    FirstFunctionError,
    call_until_answered,
    deploy,
)
from faas_nomad.tools import ToolError, obtain_tool

SERVING_WITHIN_S = 30.0
PREFIX = "fn-"
SOCKET_PATH_BYTES = 103 if sys.platform == "darwin" else 107
LONGEST_BELOW = f"/{PREFIX}12345678/NomadClient1234567890/{'0' * 36}/fn/secrets/api.sock"
"""A task's socket in Nomad's folder; where its path is too long, Nomad starts no task."""
Say = Callable[[str], None]


class DevError(RuntimeError):
    """The run cannot go on; one line says why."""


def short_place(place: str) -> str:
    """Return where to make the run's folder: `place`, or /tmp where paths would be too long."""
    longest = SOCKET_PATH_BYTES - len(LONGEST_BELOW)
    return place if len(os.fsencode(place)) <= longest else "/tmp"  # noqa: S108 - made by mkdtemp


def run(*, once: bool, nomad: str, say: Say) -> None:
    """Set everything up, show a function's answer, and stay until Ctrl-C unless `once`.

    `nomad` is `auto`, `embedded`, or the path of a Nomad binary. What was started is stopped.

    Raises:
        DevError: A step failed; what was started is stopped first.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    with ExitStack() as started:
        place = short_place(tempfile.gettempdir())
        folder = Path(started.enter_context(tempfile.TemporaryDirectory(prefix=PREFIX, dir=place)))
        try:
            next_steps = _show(started, folder, nomad, say)
            if not once:
                say(next_steps)
                _wait_for_interrupt(say)
        except (AgentError, FirstFunctionError) as err:
            raise DevError(str(err)) from err
        except KeyboardInterrupt:
            say("Stopping what was started …")


def _show(started: ExitStack, folder: Path, nomad: str, say: Say) -> str:
    """Start everything and call the function; return what can be done with it."""
    begun_s = time.monotonic()
    binary = _find_nomad(nomad, say)
    with _step("Nomad is up", say):
        agent = started.enter_context(
            real_agent(binary, folder) if binary else embedded_agent(folder)
        )
    with _step("faas-nomad is serving", say):
        api = _serve(started, folder, agent)
    with _step(f"function {SERVICE} is deployed", say):
        deploy(api)
    with _step("first answer", say):
        answer = call_until_answered(api, lambda: True)
    say(f"\n  {QUESTION!r} → {answer!r}    ({time.monotonic() - begun_s:.1f} s in all)\n")
    return _next_steps(api.url, f"{agent.address}/ui" if binary else f"{agent.address} (stand-in)")


def _find_nomad(wanted: str, say: Say) -> Path | None:
    if wanted == "embedded":
        say("Nomad: the stand-in of this project, as asked for; it is no scheduler.")
        return None
    if wanted != "auto":
        return _existing(Path(wanted))
    begun_s = time.monotonic()
    try:
        binary = obtain_tool("nomad")
    except ToolError:  # it has told why of each way
        say("Nomad could not be obtained: this runs on a stand-in, which is no scheduler.")
        say("For the real one put `nomad` on PATH, or install Go, or get online, and run again.")
        return None
    say(f"✔ Nomad is {binary}  ({time.monotonic() - begun_s:.1f} s)")
    return binary


def _existing(binary: Path) -> Path:
    if not os.access(binary, os.X_OK):
        raise DevError(f"--nomad {binary}: expected auto, embedded, or the path of a Nomad binary")
    return binary


def _serve(started: ExitStack, folder: Path, agent: Agent) -> Api:
    port, provider_port = _port(8080), _port(8081)
    environment = child_environment(os.environ) | {
        "NOMAD_ADDR": agent.address,
        "gateway_port": str(port),
        "port": str(provider_port),
        "host": "127.0.0.1",
        "watchdog_python": sys.executable,
    }
    log = folder / "faas-nomad.log"
    command = [sys.executable, "-m", "faas_nomad", "serve"]
    process = started.enter_context(running(command, log, environment))
    api = Api(f"http://127.0.0.1:{port}")
    deadline_s = time.monotonic() + SERVING_WITHIN_S
    while api.call("GET", "/system/functions")[0] != 200:
        if process.poll() is not None or time.monotonic() > deadline_s:
            raise DevError(f"faas-nomad does not serve:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)
    return api


def _next_steps(url: str, nomad: str) -> str:
    return "\n".join(
        [
            f"API and functions  {url}    (faas-cli: export OPENFAAS_URL={url})",
            f"Nomad              {nomad}",
            "Next:",
            f"  curl -d 'your words' {url}/function/{SERVICE}",
            f"  curl {url}/system/functions",
            f"  curl -d '{{\"replicas\": 3}}' {url}/system/scale-function/{SERVICE}",
        ]
    )


def _wait_for_interrupt(say: Say) -> None:
    say("Ctrl-C stops all of it.")
    signal.pause()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _port(preferred: int) -> int:
    return preferred if is_free(preferred) else free_port()


@contextmanager
def _step(title: str, say: Say) -> Iterator[None]:
    begun_s = time.monotonic()
    yield
    say(f"✔ {title}  ({time.monotonic() - begun_s:.1f} s)")
