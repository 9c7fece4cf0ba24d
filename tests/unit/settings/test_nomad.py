import pytest

from faas_nomad.settings.page import specs


@pytest.mark.parametrize("text", ["", "*", "a b", "a/b", "x" * 129])
def test_a_nomad_namespace_that_nomad_would_refuse_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="one namespace"):
        specs()["nomad_namespace"].kind.parse(text)
