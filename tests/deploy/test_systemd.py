"""The systemd unit is understood by systemd, and starts what there is."""

import shutil
import subprocess
from pathlib import Path

from support.requirements import lacking
from support.shipped_jobs import DEPLOY

UNIT = DEPLOY / "systemd" / "faas-nomad.service"
PROGRAM = "/opt/faas-nomad/bin/faas-nomad"


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        lacking("no systemd-analyze on PATH")
    text = UNIT.read_text()
    assert PROGRAM in text
    # It looks whether the program is there, which takes the machine that the unit is for.
    (tmp_path / UNIT.name).write_text(text.replace(PROGRAM, "/bin/true"))
    done = subprocess.run(
        [analyze, "verify", str(tmp_path / UNIT.name)], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_it_reloads_by_the_signal_that_is_followed() -> None:
    assert "ExecReload=/bin/kill -HUP $MAINPID" in UNIT.read_text()
