from xml.etree import ElementTree

from bench.picture import NAMES, SHOWN, picture
from bench.samples import Measured, Row, Sample
from bench.scenarios import SCENARIOS

SVG = "{http://www.w3.org/2000/svg}"


def measured(**requests_s: float) -> Measured:
    return {
        Row("pinned", "get 64", who): [Sample(value, 1, 1, 1, 1, errors=0, foreign=0)]
        for who, value in requests_s.items()
    }


def bars(svg: str) -> dict[str, float]:
    """Return the width of each bar by the text that it tells."""
    found = {}
    for rect in ElementTree.fromstring(svg).iter(f"{SVG}rect"):
        title = rect.find(f"{SVG}title")
        if title is not None:
            found[str(title.text)] = float(rect.attrib["width"])
    return found


def test_bars_are_as_long_as_their_figures_and_tell_the_multiple() -> None:
    found = bars(picture({}, measured(sdk=20_000, ours=50_000)))

    assert found.keys() == {"faas-nomad: 50,000  ×2.50", f"{NAMES['sdk']}: 20,000"}
    ours, sdk = found["faas-nomad: 50,000  ×2.50"], found[f"{NAMES['sdk']}: 20,000"]
    assert abs(sdk / ours - 0.4) < 0.01


def test_nothing_measured_is_an_empty_picture() -> None:
    assert bars(picture({}, {})) == {}


def test_what_it_says_of_the_machine_is_escaped() -> None:
    svg = picture({"processor": "A <B> & C"}, measured(ours=1))

    assert "A <B> & C" in "".join(ElementTree.fromstring(svg).itertext())


def test_it_shows_scenarios_that_there_are() -> None:
    assert set(SHOWN) <= {scenario.name for scenario in SCENARIOS}
