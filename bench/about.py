"""The machine and the versions that were measured."""

import platform
import re
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
_NUMBER = re.compile(r"\d+\.\d+(\.\d+)?(-\S+)?")


def about(rounds: int, seconds: int) -> dict[str, str]:
    """Return what a reader of the figures has to know."""
    libraries = ", ".join(f"{name} {version(name)}" for name in ("uvloop", "httptools"))
    return {
        "processor": f"{_processor()}, {_cores()} cores",
        "system": f"{platform.system()} {platform.release()}",
        "python": f"Python {platform.python_version()}, {libraries}",
        "peers": f"{sdk_version()}, {haproxy_version()}, fastapi {version('fastapi')}, "
        f"httpx {version('httpx')}; wrk {_told('wrk', '-v')}",
        "code": _code(),
        "method": f"medians of {rounds} rounds of {seconds} s",
    }


def sdk_version() -> str:
    """Return which provider SDK is built with which Go."""
    found = re.search(r"faas-provider (v\S+)", (HERE / "peers" / "go.mod").read_text())
    return f"faas-provider {found[1] if found else '?'} with Go {_told('go', 'version')}"


def haproxy_version() -> str:
    """Return which HAProxy is installed."""
    return f"HAProxy {_told('haproxy', '-v')}"


def _code() -> str:
    git = ("git", "-C", str(HERE.parent))
    changed = _told_line(*git, "status", "--porcelain", "--", "src", "bench/*.py") != "?"
    return _told_line(*git, "describe", "--always") + (", changed" if changed else "")


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _cores() -> int:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return sum(line.startswith("processor") for line in lines)


def _told(program: str, *arguments: str) -> str:
    found = _NUMBER.search(_told_line(program, *arguments))
    return found[0] if found else "?"


def _told_line(program: str, *arguments: str) -> str:
    """Return the first line that a program prints; "?" where it is not there."""
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")
    if path is None:
        return "?"
    ended = subprocess.run([path, *arguments], capture_output=True, text=True)
    lines = (ended.stdout + ended.stderr).splitlines()
    return lines[0].strip() if lines else "?"
