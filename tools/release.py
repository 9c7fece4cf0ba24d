"""Makes what a release consists of: `make dist`, and with a base image `make image BASE=…`.

dist/ gets the wheel, the sdist, the SBOM (CycloneDX, from uv.lock) and their SHA-256 sums;
dist/image all that the Dockerfile takes. The same commit gives the same bytes.
"""

import argparse
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
LOCKED = ("export", "--frozen", "--quiet", "--no-emit-project")
GLIBC = range(5, 37)
"""Wheels for any of these minor versions of glibc 2 are taken; pip wants each one named."""
_MARKER = re.compile(r"^(?P<pin>\S+==\S+) ; .*?(?P<more> \\)?$", re.MULTILINE)


def make_dist(dist: Path, environ: Mapping[str, str]) -> Path:
    """Fill `dist` and return the wheel in it."""
    shutil.rmtree(dist, ignore_errors=True)
    uv("build", "--quiet", "--out-dir", str(dist), environ=environ)
    (dist / ".gitignore").unlink(missing_ok=True)
    [wheel] = dist.glob("*.whl")
    version = wheel.name.split("-")[1]
    bom = json.loads(uv(*LOCKED, "--no-dev", "--all-extras", "--format=cyclonedx1.5"))
    (dist / f"faas_nomad-{version}.cdx.json").write_text(sbom(bom, version))
    sums = [
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n"
        for file in sorted(dist.iterdir())
    ]
    (dist / "SHA256SUMS").write_text("".join(sums))
    return wheel


def make_image(wheel: Path, base: str, tag: str, environ: Mapping[str, str]) -> None:
    """Build the image `tag` on `base` with the engine that `docker` talks to."""
    told = "import sys; print('%d.%d' % sys.version_info[:2])"
    ask = ["docker", "run", "--rm", "--network=none", "--entrypoint=python3", base, "-c", told]
    gather_wheels(wheel, DIST / "image", output_of(ask, environ).strip())
    arguments = {
        "BASE": base,
        "SOURCE_DATE_EPOCH": environ["SOURCE_DATE_EPOCH"],
        "VERSION": wheel.name.split("-")[1],
        "REVISION": commit("HEAD"),
    }
    named = [f"--build-arg={name}={value}" for name, value in arguments.items()]
    command = ["docker", "build", "--network=none", *named, f"--tag={tag}", str(ROOT)]
    subprocess.run(command, check=True, env=dict(environ))


def gather_wheels(wheel: Path, folder: Path, python: str) -> None:
    """Put what an image with that Python takes into `folder`: wheels, pip, ours, the SBOM."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(wheel, folder)
    shutil.copy(next(wheel.parent.glob("*.cdx.json")), folder)
    locked = uv(*LOCKED, "--no-dev")
    (folder / "requirements.txt").write_text(locked)
    wanted = folder / "all.txt"
    wanted.write_text(without_markers(locked) + uv(*LOCKED, "--only-group=release"))
    machine = platform.machine()
    tags = [f"manylinux_2_{minor}_{machine}" for minor in reversed(GLIBC)]
    tags += [f"manylinux2014_{machine}", f"manylinux2010_{machine}", f"manylinux1_{machine}"]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary=:all:", f"--python-version={python}"]
    command += ["--require-hashes", f"--requirement={wanted}", f"--dest={folder}"]
    subprocess.run([*command, *(f"--platform={tag}" for tag in tags)], check=True)
    wanted.unlink()


def sbom(made: dict[str, Any], version: str) -> str:
    """Return uv's bill of materials with this version, and without what differs by the run."""
    about = made["metadata"]
    about["component"]["version"] = version
    about["component"]["purl"] = f"pkg:pypi/faas-nomad@{version}"
    about.pop("timestamp", None)
    made.pop("serialNumber", None)
    told = json.dumps(made, sort_keys=True)
    made["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, told)}"
    return json.dumps(made, indent=2, sort_keys=True) + "\n"


def without_markers(requirements: str) -> str:
    """Return the pins without conditions: pip would judge them by its own Python."""
    return _MARKER.sub(lambda found: found["pin"] + (found["more"] or ""), requirements)


def uv(*arguments: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return what the project's uv printed."""
    return output_of([sys.executable, str(ROOT / "tools" / "bootstrap.py"), *arguments], environ)


def output_of(command: Sequence[str], environ: Mapping[str, str]) -> str:
    """Return what a program printed; what it complains of is shown."""
    return subprocess.run(
        command, cwd=ROOT, env=dict(environ), stdout=subprocess.PIPE, text=True, check=True
    ).stdout


def commit(what: str, form: str = "%H") -> str:
    """Return something of a commit, empty outside a git history."""
    command = ["git", "log", "-1", f"--format={form}", what]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def main() -> int:
    """Return 1 if a program that this takes fails; it has said why."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", help="the image to build on; without, no image is built")
    parser.add_argument("--tag", default="faas-nomad:latest", help="the image's name")
    asked = parser.parse_args()
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or commit("HEAD", "%ct") or "0"
    environ = {**os.environ, "SOURCE_DATE_EPOCH": epoch}
    try:
        wheel = make_dist(DIST, environ)
        if asked.base:
            make_image(wheel, asked.base, asked.tag, environ)
    except subprocess.CalledProcessError as err:
        print(f"{err.cmd[0]} {err.cmd[1]} ended with {err.returncode}", file=sys.stderr)
        return 1
    print(*sorted(file.name for file in DIST.iterdir() if file.is_file()), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
