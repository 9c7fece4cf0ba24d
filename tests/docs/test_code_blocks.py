"""What README and quick start tell to type works, on a real Nomad, in their order."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.nomad_agent import NomadAgent, run_nomad_agent
from support.nomad_binary import require_nomad
from support.ports import free_ports
from support.requirements import is_real_required

ROOT = Path(__file__).parents[2]
WITHIN_S = 110
_BLOCK = re.compile(r"(?:<!-- (?P<mark>[^\n]*) -->\n)?```sh\n(?P<text>.*?)```", re.DOTALL)
_SCRIPT = """set -eu
trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT
{blocks}
"""


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NomadAgent]:
    with run_nomad_agent(require_nomad(), tmp_path_factory.mktemp("nomad")) as running:
        yield running


def blocks_of(page: Path) -> list[str]:
    """Return the page's blocks but for those marked as not run, or in need of what is not here."""
    kept = []
    for found in _BLOCK.finditer(page.read_text()):
        mark = found["mark"] or ""
        if mark.startswith("not run here: "):
            continue
        if mark.startswith("needs: ") and not shutil.which(mark.removeprefix("needs: ")):
            assert not is_real_required() or mark == "needs: faas-cli"
            continue
        kept.append(found["text"])
    return kept


def run(page: Path, agent: NomadAgent, folder: Path) -> str:
    """Run the page's blocks as one script, with other ports in place of the usual ones."""
    port, gateway_port = free_ports(2)
    blocks = "\n".join(blocks_of(page)).replace("127.0.0.1:8080", f"127.0.0.1:{gateway_port}")
    foreground = re.sub(r"^(faas-nomad serve\b[^&\n#]*)(#.*)?$", r"\1&", blocks, flags=re.MULTILINE)
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{require_nomad().parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "NOMAD_ADDR": agent.address,
        "host": "127.0.0.1",
        "port": str(port),
        "gateway_port": str(gateway_port),
    }
    return said_by(_SCRIPT.format(blocks=foreground), environment, folder)


def said_by(script: str, environment: dict[str, str], folder: Path) -> str:
    """Run the script and return what it said; what hangs is ended with all that it started."""
    log = folder / "said.log"
    with log.open("wb") as output:
        shell = subprocess.Popen(
            ["bash", "-xc", script],
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        status = shell.wait(WITHIN_S)
    except subprocess.TimeoutExpired:
        os.killpg(shell.pid, signal.SIGKILL)
        shell.wait()
        pytest.fail(f"not done within {WITHIN_S} s:\n{log.read_text()}")
    assert status == 0, log.read_text()
    return log.read_text()


@pytest.mark.real
def test_the_quick_start_works(agent: NomadAgent, tmp_path: Path) -> None:
    said = run(ROOT / "docs" / "quick-start.md", agent, tmp_path)

    assert 'job "openfaas-hello" {' in said
    assert "hello: new" in said
    assert "hi" in said


@pytest.mark.real
def test_the_readme_works(agent: NomadAgent, tmp_path: Path) -> None:
    said = run(ROOT / "README.md", agent, tmp_path)

    assert "0 failure" in said
    assert "gateway_port" in said
