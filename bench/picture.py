"""The benchmark's picture, an SVG of bars, from its samples. Pure."""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from bench.results import About
from bench.samples import Measured, Row, figure
from bench.scenarios import HAPROXY, NATURAL, OURS, SDK

SHOWN = ("get 64", "post 64", "12 headers 64", "get 256", "100 KB down", "10 MB down")
NAMES = {
    OURS: "faas-nomad",
    SDK: "OpenFaaS provider SDK (Go)",
    HAPROXY: "HAProxy, one thread",
    NATURAL: "FastAPI and httpx",
}
COLOURS = {OURS: "#1f6feb", SDK: "#8b949e", HAPROXY: "#3fb950", NATURAL: "#d29922"}

_WIDTH, _LEFT, _RIGHT, _TOP = 760, 130, 130, 64
_BAR, _GAP = 15, 16


def picture(about: About, samples: Measured) -> str:
    """Return the picture of requests a second in the pinned run.

    A group of bars is one scenario; within it the longest bar has the most requests.
    """
    groups = [(name, bars) for name in SHOWN if (bars := _bars(samples, name))]
    lines: list[str] = []
    top = _TOP
    for name, bars in groups:
        lines += _group(name, bars, top)
        top += len(bars) * _BAR + _GAP
    height = top + 40
    title = "Requests a second on one core: more is better"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
            'font-family="system-ui, sans-serif" font-size="12">',
            f"<title>{title}</title>",
            f'<rect width="{_WIDTH}" height="{height}" rx="6" fill="#ffffff"/>',
            _text(16, 24, title, size=15),
            *_legend(groups),
            *lines,
            _text(16, height - 14, _source(about), colour="#57606a", size=10),
            "</svg>\n",
        ]
    )


def _bars(samples: Measured, scenario: str) -> list[tuple[str, float]]:
    found = ((who, figure(samples, Row("pinned", scenario, who), "requests_s")) for who in NAMES)
    return [(who, value) for who, value in found if value is not None]


def _group(name: str, bars: Sequence[tuple[str, float]], top: int) -> Iterator[str]:
    most = max(value for _, value in bars)
    peer = dict(bars).get(SDK)
    middle = top + len(bars) * _BAR // 2 + 4
    yield _text(_LEFT - 10, middle, name, anchor="end")
    for index, (who, value) in enumerate(bars):
        y = top + index * _BAR
        width = max(1, round((_WIDTH - _LEFT - _RIGHT) * value / most))
        told = f"{value:,.0f}" + (f"  ×{value / peer:.2f}" if peer and who != SDK else "")
        yield (
            f'<rect x="{_LEFT}" y="{y}" width="{width}" height="{_BAR - 3}" '
            f'fill="{COLOURS[who]}"><title>{escape(NAMES[who])}: {told}</title></rect>'
        )
        yield _text(_LEFT + width + 6, y + _BAR - 5, told, size=11)


def _legend(groups: Sequence[tuple[str, Sequence[tuple[str, float]]]]) -> Iterator[str]:
    present = {who for _, bars in groups for who, _ in bars}
    x = 16
    for who, name in NAMES.items():
        if who in present:
            yield f'<rect x="{x}" y="36" width="10" height="10" fill="{COLOURS[who]}"/>'
            yield _text(x + 15, 45, name, size=11)
            x += 30 + 7 * len(name)


def _source(about: About) -> str:
    parts = (about.get("processor"), about.get("python"), about.get("method"))
    return "; ".join(part for part in parts if part)


def _text(
    x: int, y: int, text: str, *, anchor: str = "start", colour: str = "#1f2328", size: int = 12
) -> str:
    return (
        f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{colour}" font-size="{size}">'
        f"{escape(text)}</text>"
    )
