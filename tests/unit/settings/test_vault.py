import pytest

from faas_nomad.settings.page import specs


@pytest.mark.parametrize("text", ["", "/secret", "secret/", "a//b", "a b"])
def test_a_vault_path_has_no_empty_parts(text: str) -> None:
    with pytest.raises(ValueError, match="path"):
        specs()["vault_secret_path_prefix"].kind.parse(text)
