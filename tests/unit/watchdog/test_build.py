import ast
import io
import tokenize
import zipfile
from importlib import resources

import pytest

from faas_nomad.watchdog import build

SAMPLE = '''"""Module."""

from __future__ import annotations

import os
from .other import thing

LIMIT: int = 3  # a comment
TEXT = "# no comment, é"  # one


class Empty(Exception):
    """Only a docstring."""


class Full:
    """A docstring."""

    value: int

    def both(self, a: str, *, b: dict[str, int] | None = None) -> tuple[str, int]:
        """More."""
        self.found: list[str] = [a]
        return a, 1


async def wait(é: int, *rest: str) -> None:
    # nothing
    pass
'''


def test_only_what_a_computer_needs_is_left() -> None:
    assert build.bare(SAMPLE) == (
        "import os\n"
        "LIMIT = 3\n"
        'TEXT = "# no comment, é"\n'
        "class Empty(Exception):\n"
        " 0\n"
        "class Full:\n"
        " 0\n"
        " def both(self, a, *, b = None) :\n"
        "  self.found = [a]\n"
        "  return a, 1\n"
        "async def wait(é, *rest) :\n"
        " pass\n"
    )


def test_two_modules_may_not_define_one_name() -> None:
    with pytest.raises(ValueError, match="two modules: A, f"):
        build.refuse_clashes(["A = 1\ndef f(): pass\n", "class A: pass\nf: int = 3\n"])


def test_the_same_sources_give_the_same_bytes() -> None:
    first = build.zipapp_bytes()
    build.zipapp_bytes.cache_clear()

    assert build.zipapp_bytes() == first


def test_it_stays_small() -> None:
    assert len(build.zipapp_bytes()) < 17_000


def test_every_module_is_in_it_behind_what_it_imports() -> None:
    package = resources.files(build.__package__)
    found = {entry.name[:-3] for entry in package.iterdir() if entry.name.endswith(".py")}

    assert found - {"__init__", "build"} == set(build.MODULES)
    for position, name in enumerate(build.MODULES):
        tree = ast.parse(package.joinpath(f"{name}.py").read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.level:
                assert node.module in build.MODULES[:position], f"{name} imports {node.module}"
            elif isinstance(node, ast.ImportFrom | ast.Import):
                assert "faas_nomad" not in ast.unparse(node)


def test_no_string_runs_over_lines_that_the_build_would_outdent() -> None:
    package = resources.files(build.__package__)
    for name in build.MODULES:
        text = package.joinpath(f"{name}.py").read_text("utf-8")
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.STRING and not token.line.lstrip().startswith('"""'):
                assert token.start[0] == token.end[0], f"{name} line {token.start[0]}"


def test_it_is_python_3_9() -> None:
    with zipfile.ZipFile(io.BytesIO(build.zipapp_bytes())) as archive:
        assert archive.testzip() is None
        ast.parse(archive.read("__main__.py"), feature_version=(3, 9))
