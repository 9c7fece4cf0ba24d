from faas_nomad.settings.errors import SettingsError


def test_the_text_of_the_error_is_its_problems_one_a_line() -> None:
    err = SettingsError(["a is wrong", "b is wrong"])

    assert err.problems == ["a is wrong", "b is wrong"]
    assert str(err) == "a is wrong\nb is wrong"
