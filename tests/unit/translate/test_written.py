"""What was written is read as its type or refused by its place; what was not has its default."""

from collections.abc import Callable
from typing import Any

import pytest

from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.values import S
from faas_nomad.translate.written import Written, under

ENTRIES = {"p.n": "7", "p.f": "true", "p.c": "a", "p.d": "2s", "p.w": "a 'b c'", "other": "x"}
READERS: dict[str, tuple[Callable[[Written, str], Any], Any, Any]] = {
    "n": (lambda written, name: written.whole(name, 1), 7, 1),
    "f": (lambda written, name: written.flag(name, False), True, False),
    "c": (lambda written, name: written.choice(name, "b", ("a", "b")), "a", "b"),
    "d": (lambda written, name: written.duration_ns(name, 5), 2 * S, 5),
    "w": (lambda written, name: written.words(name), ["a", "b c"], []),
}


@pytest.mark.parametrize("name", READERS)
def test_each_type_is_read_where_it_was_written(name: str) -> None:
    read, expected, default = READERS[name]

    assert read(under("p.", "labels", ENTRIES), name) == expected
    assert read(under("p.", "labels", {}), name) == default


@pytest.mark.parametrize("name", READERS)
def test_what_is_not_of_its_type_is_refused_by_its_place(name: str) -> None:
    read, _, _ = READERS[name]

    with pytest.raises(InvalidDeploymentError, match=rf'^labels\["p\.{name}"\]: '):
        read(under("p.", "labels", {f"p.{name}": "'?"}), name)


def test_only_what_has_the_prefix_is_there_in_order() -> None:
    written = under("p.", "labels", {"p.b.2": "", "p.b.1": "", "p.a": "", "b.3": ""})

    assert list(written.below("b.")) == ["b.1", "b.2"]
    assert (written.has("a"), written.has("3")) == (True, False)
    assert str(written.refuse("a", "a text")) == 'labels["p.a"]: "" is not a text'
