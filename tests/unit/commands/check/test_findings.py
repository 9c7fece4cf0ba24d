"""The report, for people and for programs."""

import json

from faas_nomad.commands.check.findings import as_json, failure, has_failure, ok, table, warning

FOUND = [ok("port", "8081 is free"), warning("clock", "5 s", "run a time service")]


def test_the_table_has_what_to_do_below_each_finding_and_counts() -> None:
    assert table([*FOUND, failure("Nomad address", "a\nb\x1b[2J", "start it")]).split("\n") == [
        "ok       port           8081 is free",
        "warning  clock          5 s",
        "                        → run a time service",
        "failure  Nomad address  a b?[2J",
        "                        → start it",
        "",
        "1 ok, 1 warning, 1 failure",
    ]


def test_json_says_whether_all_is_well() -> None:
    found = json.loads(as_json(FOUND))

    assert found["ok"] is True
    assert found["findings"][1] == {
        "level": "warning",
        "subject": "clock",
        "text": "5 s",
        "advice": "run a time service",
    }
    assert json.loads(as_json([failure("a", "b", "c")]))["ok"] is False


def test_a_warning_is_no_failure() -> None:
    assert not has_failure(FOUND)
    assert has_failure([*FOUND, failure("a", "b", "c")])
