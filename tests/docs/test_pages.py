"""Pages that follow from the code say what the code says."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from faas_nomad.translate.annotations import OPENFAAS_KEYS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pages", ROOT / "tools" / "pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["settings.md", "annotations.md", "api.md"])
def test_a_generated_page_fits_the_code(generator: ModuleType, name: str) -> None:
    assert (ROOT / "docs" / name).read_text() == generator.pages()[name], "run `make pages`"


def test_openfaas_s_own_keys_are_those_that_are_read() -> None:
    source = "".join(file.read_text() for file in (ROOT / "src/faas_nomad/translate").glob("*.py"))
    for key in OPENFAAS_KEYS:
        prefix, _, name = key.name.removeprefix("com.openfaas.").partition(".")
        assert f"com.openfaas.{prefix}." in source
        assert re.search(rf'"{re.escape(name.removeprefix("http."))}"', source), key.name


def test_every_page_is_in_the_navigation() -> None:
    config = (ROOT / "mkdocs.yml").read_text()
    for page in (ROOT / "docs").glob("*.md"):
        assert f"- {page.name}\n" in config, f"{page.name} is not in mkdocs.yml"


def test_links_lead_somewhere() -> None:
    for page in [*(ROOT / "docs").glob("*.md"), *ROOT.glob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_changelog_says_each_thing_once() -> None:
    lines = [line for line in (ROOT / "CHANGELOG.md").read_text().splitlines() if line]
    entries = [line for line in lines if line.startswith("- ")]
    unreleased = "\n".join(lines).partition("\n## Unreleased\n")[2].partition("\n## ")[0]
    headings = re.findall(r"^### .*$", unreleased, re.MULTILINE)

    assert len(set(entries)) == len(entries)
    assert len(set(headings)) == len(headings)
    assert sum(line == "## Unreleased" for line in lines) == 1
