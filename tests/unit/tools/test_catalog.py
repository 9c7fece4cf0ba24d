"""What counts as a version, and which one is good enough."""

import pytest

from faas_nomad.tools.catalog import OLDER, TOOLS, Tool, Version, refusal, tool_named, version_in
from faas_nomad.tools.errors import UnknownToolError
from faas_nomad.tools.obtaining import MODULES

WANTED = Tool("nomad", Version(1, 11, 1))


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("Nomad v1.11.1\nBuildDate 2025-12-09\nRevision abc", Version(1, 11, 1)),
        ("Consul v1.20.6\nRevision 1.2.3", Version(1, 20, 6)),
        ("Vault v1.21.1 ('1a2b'), built 2025-11-18", Version(1, 21, 1)),
        ("uv 0.13.8 (x86_64-unknown-linux-musl)", Version(0, 13, 8)),
        ("Nomad v1.12.0-beta.1", Version(1, 12, 0, "-beta.1")),
        ("Nomad v1.11.1+ent", Version(1, 11, 1, "+ent")),
        ("Nomad", None),
        ("", None),
    ],
)
def test_the_first_version_in_what_a_program_prints_counts(
    text: str, version: Version | None
) -> None:
    assert version_in(text) == version


@pytest.mark.parametrize("text", ["1.11.1", "1.11.2", "1.12.0", "1.100.0"])
def test_the_same_major_version_from_the_wanted_release_on_is_good_enough(text: str) -> None:
    assert refusal(version_in(text), WANTED) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1.11.0", "is 1.11.0; 1.11.1 or a later 1.x is needed"),
        ("1.9.9", "is 1.9.9; 1.11.1 or a later 1.x is needed"),
        ("2.0.0", "is 2.0.0; 1.11.1 or a later 1.x is needed"),
        ("1.12.0-beta.1", "is 1.12.0-beta.1, no plain release"),
        ("1.11.1+ent", "is 1.11.1+ent, no plain release"),
        ("no version", "prints no version"),
    ],
)
def test_any_other_version_is_refused_with_the_reason(text: str, reason: str) -> None:
    assert refusal(version_in(text), WANTED) == reason


def test_an_unknown_tool_is_refused_by_name() -> None:
    with pytest.raises(
        UnknownToolError,
        match=r"tool 'nomda': expected one of nomad, consul, vault, nomad@1\.10\.5",
    ):
        tool_named("nomda")


def test_every_tool_is_found_under_its_own_name() -> None:
    assert [tool_named(name).name for name in TOOLS] == ["nomad", "consul", "vault"]


@pytest.mark.parametrize("name", list(OLDER))
def test_an_older_tool_is_that_version_alone_and_has_a_module_of_its_own(name: str) -> None:
    tool = tool_named(name)

    assert f"{tool.name}@{tool.version}" == name
    assert refusal(tool.version, tool) is None
    assert "no other was asked for" in str(refusal(Version(1, 11, 1), tool))
    assert (
        f"github.com/hashicorp/{tool.name} v{tool.version}\n"
        in (MODULES / tool.module / "go.mod").read_text()
    )
