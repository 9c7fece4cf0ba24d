"""Nomad's plan as lines."""

from typing import Any

from faas_nomad.translate.plan_diff import is_change, plan_lines

FIELD = {"Type": "Edited", "Name": "image", "Old": "a:1", "New": "a:2", "Annotations": None}
PLAN: dict[str, Any] = {
    "Diff": {
        "Type": "Edited",
        "ID": "openfaas-a",
        "Fields": [{"Type": "None", "Name": "Priority", "Old": "50", "New": "50"}],
        "TaskGroups": [
            {
                "Type": "Edited",
                "Name": "fn",
                "Updates": {"create/destroy update": 2},
                "Fields": [
                    {
                        "Type": "Edited",
                        "Name": "Count",
                        "Old": "1",
                        "New": "2",
                        "Annotations": ["forces create"],
                    }
                ],
                "Tasks": [
                    {
                        "Type": "Edited",
                        "Name": "fn",
                        "Objects": [{"Type": "Edited", "Name": "Config", "Fields": [FIELD]}],
                    }
                ],
            }
        ],
    },
    "FailedTGAllocs": {
        "fn": {"NodesEvaluated": 1, "ConstraintFiltered": {"missing drivers": 1}},
        "other": {"NodesEvaluated": 0},
    },
    "Warnings": "1 warning:\n\n* careful",
}


def test_changes_are_shown_with_what_they_cause() -> None:
    assert list(plan_lines(PLAN)) == [
        '+/- Job: "openfaas-a"',
        '  +/- Group: "fn" (2 create/destroy update)',
        '    +/- Count: "1" => "2" (forces create)',
        '    +/- Task: "fn"',
        "      +/- Config",
        '        +/- image: "a:1" => "a:2"',
        "Not to be placed: fn (missing drivers rules out 1)",
        "Not to be placed: other (no node was eligible)",
        "Nomad warns: 1 warning: * careful",
    ]


def test_a_long_value_is_cut_and_stays_on_its_line() -> None:
    added = {"Type": "Added", "Name": "Tmpl", "Old": "", "New": "x\n" * 500}
    [_, line] = plan_lines({"Diff": {"Type": "Added", "ID": "a", "Fields": [added]}})

    assert line.endswith("… and 799 characters")
    assert len(line) < 300


def test_no_difference_is_no_change() -> None:
    assert not is_change({"Diff": {"Type": "None"}})
    assert not is_change({})
    scaling = {"Type": "Edited", "Name": "Scaling", "Fields": None, "Objects": None}
    group = {"Type": "Edited", "Name": "fn", "Objects": [scaling]}
    assert not is_change({"Diff": {"Type": "Edited", "TaskGroups": [group]}})
    assert is_change(PLAN)
