"""What is made of the reports of several runs."""

from tools import compat

REPORT = """<testsuites><testsuite>
<testcase classname="tests.stack.test_a" name="one"/>
<testcase classname="tests.stack.test_a" name="two"><failure message="x"/></testcase>
<testcase classname="tests.stack.test_b" name="one"><error message="x"/></testcase>
<testcase classname="tests.stack.test_b" name="two"><skipped message="x"/></testcase>
</testsuite></testsuites>"""


def test_the_table_counts_how_the_tests_of_each_file_ended() -> None:
    made = compat.table({"1.9.4": compat.results_of(REPORT), "1.11.1": {}})

    assert made == (
        "| tests/stack | 1.9.4 | 1.11.1 |\n|---|---|---|\n"
        "| test_a.py | 1 passed, 1 failed | not run |\n"
        "| test_b.py | 1 failed, 1 skipped | not run |\n"
        "| **all** | 1 passed, 2 failed, 1 skipped | not run |\n"
    )


def test_a_new_table_takes_the_place_of_the_old_one() -> None:
    page = f"before\n{compat.BEGIN}\nold\n\n{compat.END}after\n"

    assert compat.with_table(page, "new\n") == page.replace("old", "new")


def test_every_nomad_is_tried_the_oldest_first() -> None:
    assert list(compat.nomads()) == ["1.9.4", "1.10.5", "1.11.1"]


def test_the_page_has_a_place_for_the_table() -> None:
    assert compat.BEGIN in compat.PAGE.read_text()
    assert compat.END in compat.PAGE.read_text()
