"""The counters of every function as Prometheus text, in pieces. Pure.

prometheus-client takes 220 ms for 1,000 functions with two status codes each, and the event loop,
which carries the invocations too, would stand still for that long. This takes a tenth of it, and
between two pieces requests go on.
"""

from collections.abc import Callable, Iterator
from itertools import accumulate

from faas_nomad import metrics
from faas_nomad.metrics import family_head, label_value
from faas_nomad.proxy.stats import OTHER_CODE, CodeStats, FunctionStats, Stats

FUNCTIONS_A_PIECE = 50
"""About a millisecond's work."""

_BOUNDS = (*(f"{bound:g}" for bound in metrics.BUCKETS_S), "+Inf")
_BUCKET_LINES = "".join(
    f'{metrics.GATEWAY_INVOCATION_SECONDS}_bucket{{{{{{0}},le="{bound}"}}}} {{{place}}}\n'
    for place, bound in enumerate(_BOUNDS, start=1)
)
_HISTOGRAM = (
    _BUCKET_LINES
    + f"{metrics.GATEWAY_INVOCATION_SECONDS}_count{{{{{{0}}}}}} {{{len(_BOUNDS)}}}\n"
    + f"{metrics.GATEWAY_INVOCATION_SECONDS}_sum{{{{{{0}}}}}} {{{len(_BOUNDS) + 1}}}\n"
)
"""For `str.format` with the labels, the cumulative counts and the sum."""

Lines = Callable[[FunctionStats, str], str]
"""Gives one function's lines in a family, from its counters and its label."""


def function_series(stats: Stats) -> Iterator[str]:
    """Yield the families; series exist for functions in the table, and a while longer."""
    found = [(f, f'function_name="{label_value(name)}"') for name, f in stats.functions.items()]
    for head, lines in _FAMILIES:
        yield head
        for at in range(0, len(found), FUNCTIONS_A_PIECE):
            yield "".join(
                lines(function, label) for function, label in found[at : at + FUNCTIONS_A_PIECE]
            )


def _invocations(function: FunctionStats, label: str) -> str:
    name = metrics.GATEWAY_INVOCATIONS
    return "".join(
        f"{name}{{{_coded(code, label)}}} {sum(found.buckets)}\n"
        for code, found in function.codes.items()
    )


def _seconds(function: FunctionStats, label: str) -> str:
    return "".join(_histogram(_coded(code, label), found) for code, found in function.codes.items())


def _histogram(labels: str, found: CodeStats) -> str:
    return _HISTOGRAM.format(labels, *accumulate(found.buckets), found.sum_s)


def _coded(code: int, label: str) -> str:
    return f'code="{"other" if code == OTHER_CODE else code}",{label}'


def _gauge(name: str, value: Callable[[FunctionStats], int]) -> Lines:
    return lambda function, label: f"{name}{{{label}}} {value(function)}\n"


_FAMILIES: tuple[tuple[str, Lines], ...] = (
    (family_head(metrics.GATEWAY_INVOCATIONS, "counter", "Invocations."), _invocations),
    (
        family_head(metrics.GATEWAY_INVOCATION_SECONDS, "histogram", "Seconds an invocation took."),
        _seconds,
    ),
    # A counter, but the gateway's name lacks the `_total` that one must have.
    (
        family_head(metrics.GATEWAY_INVOCATIONS_STARTED, "untyped", "Invocations begun."),
        _gauge(metrics.GATEWAY_INVOCATIONS_STARTED, lambda function: function.started),
    ),
    (
        family_head(metrics.IN_FLIGHT, "gauge", "Invocations not ended."),
        _gauge(metrics.IN_FLIGHT, lambda function: function.in_flight),
    ),
)
