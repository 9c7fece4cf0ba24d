import pytest

from faas_nomad.embedded.alloc_names import free_names, name_index


@pytest.mark.parametrize(("name", "index"), [("a.fn[0]", 0), ("a.b[1].fn[12]", 12)])
def test_a_name_ends_in_its_index(name: str, index: int) -> None:
    assert name_index(name) == index


def test_free_names_fill_the_gaps_first() -> None:
    assert free_names("a.fn", ["a.fn[0]", "a.fn[2]"], 3) == ["a.fn[1]", "a.fn[3]", "a.fn[4]"]
    assert free_names("a.fn", [], -1) == []
