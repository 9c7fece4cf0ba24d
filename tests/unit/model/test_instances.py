"""What instances write for each other is read back; what is unreadable is as if not there."""

import pytest

from faas_nomad.model.instances import (
    Answer,
    Ask,
    Report,
    lease_from_items,
    lease_items,
    load_bytes,
    report_from_items,
)


@pytest.mark.parametrize("ask", [None, Ask(7, ("f.openfaas-fn", "g.other"))])
@pytest.mark.parametrize("holder", ["", "abc"])
def test_the_lease_is_read_back(holder: str, ask: Ask | None) -> None:
    assert lease_from_items(lease_items(holder, 3, ask)) == (holder, ask)


def test_a_report_is_read_back() -> None:
    report = Report(3, Answer(7, ("f.openfaas-fn",)), {"f.openfaas-fn": (12, 1)})

    found = report_from_items(report.items())
    assert (found.answer, found.load) == (report.answer, report.load)


@pytest.mark.parametrize("text", ["", "x", "[]", "{}", '["a"]', "null", "[" * 5000, "12"])
def test_what_cannot_be_read_is_as_if_it_were_not_there(text: str) -> None:
    assert lease_from_items({"holder": "a", "ask": text}) == ("a", None)
    found = report_from_items({"answer": text, "load": text})
    assert found == Report()


def test_values_of_other_shapes_are_nothing() -> None:
    assert report_from_items({"load": '{"f": [1], "g": ["a", 2], "h": [3, 4]}'}).load == {
        "f": (0, 0),
        "g": (0, 0),
        "h": (3, 4),
    }


def test_what_a_function_takes_in_a_report_is_known() -> None:
    load = {f"{'x' * 40}{number}.openfaas-fn": (2**number, number) for number in range(40)}

    takes_bytes = sum(load_bytes(name, figures) for name, figures in load.items())
    assert takes_bytes + 1 == len(Report(1, None, load).items()["load"])


@pytest.mark.parametrize("count", ["-1", "1" + "0" * 400, "true"])
def test_what_cannot_be_counted_is_nothing(count: str) -> None:
    """It is summed and divided: a number that no float holds would end what decides."""
    assert report_from_items({"load": f'{{"f": [{count}, 0]}}'}).load == {"f": (0, 0)}
