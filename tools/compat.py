"""Runs the stack tests on older and newer Nomads and writes the table of docs/compatibility.md.

`make compat` (COMPAT_TESTS="tests/stack/test_functions.py …", COMPAT_NOMADS="1.9.4 …"). Functions
run with raw_exec and without Consul; what tests of the worlds docker and Consul say of Nomad does
not depend on them. A Nomad that is nowhere yet is built, which takes minutes.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from faas_nomad.tools import TOOLS, obtain_tool
from faas_nomad.tools.catalog import OLDER

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "compatibility.md"
BEGIN, END = "<!-- Made by `make compat`. -->\n", "<!-- The end of what it made. -->\n"
WORLD = "not docker and not podman and not consul"
OUTCOMES = ("passed", "failed", "skipped")

Results = Mapping[str, Counter[str]]
"""By test file: how many of its tests ended how."""


def nomads() -> dict[str, str]:
    """Return the tool's name for each version that faas-nomad is tried on, oldest first."""
    older = {str(tool.version): name for name, tool in reversed(list(OLDER.items()))}
    return {**older, str(TOOLS["nomad"].version): "nomad"}


def results_of(junit: str) -> Results:
    """Return what a JUnit report says, by file."""
    found: dict[str, Counter[str]] = {}
    # pytest wrote it a moment ago.
    for case in ET.fromstring(junit).iter("testcase"):  # noqa: S314
        file = case.get("classname", "").rpartition(".")[2]
        found.setdefault(file, Counter())[_outcome(case)] += 1
    return found


def table(by_version: Mapping[str, Results]) -> str:
    """Return the results as a table in Markdown: a row a file, a column a version."""
    files = sorted({file for results in by_version.values() for file in results})
    lines = [
        f"| tests/stack | {' | '.join(by_version)} |",
        f"|---|{'---|' * len(by_version)}",
        *(_row(f"{file}.py", [found.get(file) for found in by_version.values()]) for file in files),
        _row("**all**", [sum(found.values(), Counter()) for found in by_version.values()]),
    ]
    return "\n".join(lines) + "\n"


def with_table(page: str, made: str) -> str:
    """Return the page with `made` in place of the table that it has."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{made}\n{END}{after}"


def run_tests(nomad: Path, tests: Sequence[str]) -> Results:
    """Run the tests on one Nomad, showing what pytest shows."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", f"--junit-xml={report}", "-k", WORLD]
        environment = {**os.environ, "NOMAD_BIN": str(nomad)}
        subprocess.run([*command, *tests], cwd=ROOT, env=environment, check=False)
        return results_of(report.read_text()) if report.is_file() else {}


def main() -> int:
    """Return 1 if a test failed, or nothing ran, on one of the Nomads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nomad", action="append", choices=list(nomads()), help="only this one")
    parser.add_argument("--write", action="store_true", help="write the table into the page")
    parser.add_argument("tests", nargs="*", default=["tests/stack"])
    asked = parser.parse_args()
    by_version: dict[str, Results] = {}
    for version in asked.nomad or nomads():
        by_version[version] = run_tests(obtain_tool(nomads()[version]), asked.tests)
    made = table(by_version)
    print(made)
    if asked.write:
        PAGE.write_text(with_table(PAGE.read_text(), made))
    return int(not all(_is_good(results) for results in by_version.values()))


def _outcome(case: ET.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "skipped" if case.find("skipped") is not None else "passed"


def _is_good(results: Results) -> bool:
    all_of_them = sum(results.values(), Counter[str]())
    return all_of_them["passed"] > 0 and not all_of_them["failed"]


def _row(name: str, cells: Sequence[Counter[str] | None]) -> str:
    return f"| {name} | {' | '.join(_cell(cell or Counter()) for cell in cells)} |"


def _cell(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[name]} {name}" for name in OUTCOMES if counts[name]) or "not run"


if __name__ == "__main__":
    sys.exit(main())
