"""What of changed settings is taken while serving."""

from faas_nomad.settings.page import Settings, settings_from, specs
from faas_nomad.settings.reload import reload


def test_limits_and_the_log_level_are_taken_and_the_rest_waits() -> None:
    read = settings_from({"log_level": "debug", "max_connections": 7, "port": 9000, "workers": 2})

    found = reload(Settings(), read)

    assert found.taken == ("max_connections", "log_level")
    assert found.waiting == ("port", "workers")
    assert found.settings == settings_from({"log_level": "debug", "max_connections": 7})


def test_the_same_settings_change_nothing() -> None:
    assert reload(Settings(), Settings()).taken == ()
    assert reload(Settings(), Settings()).waiting == ()


def test_what_still_waits_is_told_again() -> None:
    read = settings_from({"port": 9000})

    assert reload(reload(Settings(), read).settings, read).waiting == ("port",)


def test_no_secret_address_or_place_is_taken_while_serving() -> None:
    taken = {name for name, spec in specs().items() if spec.reloads}

    assert "workers" not in taken
    assert not [name for name in taken if specs()[name].secret or name.endswith("addr")]
