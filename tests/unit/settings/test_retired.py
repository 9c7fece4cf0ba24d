from faas_nomad.settings.origin import Origin, Source
from faas_nomad.settings.retired import RETIRED, notice


def test_a_retired_name_is_told_with_what_replaces_it() -> None:
    text = notice("statsd_addr", Origin(Source.FLAG, "--statsd-addr"))

    assert text.startswith("--statsd-addr (flag) has no effect: ")
    assert "/metrics" in text


def test_every_retired_name_says_what_instead() -> None:
    assert all(RETIRED.values())
