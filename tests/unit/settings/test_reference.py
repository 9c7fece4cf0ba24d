from faas_nomad.settings.page import specs
from faas_nomad.settings.reference import flags_help, markdown


def test_every_setting_and_alias_is_documented() -> None:
    text = markdown()

    for spec in specs().values():
        for name in (spec.name, *(alias.name for alias in spec.aliases)):
            assert f"`{name}`" in text


def test_every_row_has_four_cells() -> None:
    rows = [line for line in markdown().splitlines() if line.startswith("|")]

    assert {row.replace("\\|", "").count("|") for row in rows} == {5}


def test_the_help_has_every_flag_with_its_default() -> None:
    lines = flags_help().splitlines()

    assert "  --job-driver [auto]" in lines
    assert "  --nomad-token" in lines
    assert {line.split()[0] for line in lines if line.startswith("  --")} == {
        spec.flag for spec in specs().values()
    }
    assert max(map(len, lines)) <= 100
