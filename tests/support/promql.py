"""Which metrics an expression of Prometheus' query language names."""

import re

_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_SELECTOR = re.compile(r"\{[^{}]*\}")
_RANGE = re.compile(r"\[[^\[\]]*\]")
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)")
_NAME = re.compile(r"(?<![\w:.])([a-zA-Z_:][\w:]*)\s*(\(?)")
_WORDS = frozenset({"and", "or", "unless", "bool", "offset", "inf", "nan"})


def metric_names(expression: str) -> set[str]:
    """Return the names that are neither functions, labels nor words of the language."""
    rest = _TEXT.sub('""', expression)
    for part in (_SELECTOR, _RANGE, _GROUPING):
        rest = part.sub(" ", rest)
    found = {name for name, call in _NAME.findall(rest) if not call}
    return {name for name in found if name.lower() not in _WORDS}
