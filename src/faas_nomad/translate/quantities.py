"""Kubernetes quantities (`128Mi`, `100m`, `0.5`, `1e3`) as exact numbers. Pure.

Source: the grammar of apimachinery `resource.Quantity`; `KB`, `MB`, … are read besides, as 10^3n.
"""

import re
from fractions import Fraction

_NUMBER = re.compile(
    r"([+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18}))([A-Za-z]{0,2}|[eE][+-]?[0-9]{1,2})"
)
_EXPONENT = re.compile(r"[eE][+-]?[0-9]{1,2}")
_SUFFIXES = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 10**3),
    "": Fraction(1),
    **{suffix: Fraction(1000**n) for n, suffix in enumerate("kMGTPE", start=1)},
    **{f"{suffix}i": Fraction(1024**n) for n, suffix in enumerate("KMGTPE", start=1)},
    **{f"{suffix}B": Fraction(1000**n) for n, suffix in enumerate("KMGTPE", start=1)},
}


def parse_quantity(text: str) -> Fraction | None:
    """Return the number that `text` stands for, None if it is no quantity or is negative."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    number, suffix = found.groups()
    factor = _factor(suffix)
    if factor is None:
        return None
    quantity = _fraction(number) * factor
    return quantity if quantity >= 0 else None


def is_bare(text: str) -> bool:
    """Return whether `text` is a whole number without a unit."""
    return text.isascii() and text.isdigit()


def _factor(suffix: str) -> Fraction | None:
    if _EXPONENT.fullmatch(suffix):
        return Fraction(10) ** int(suffix[1:])
    return _SUFFIXES.get(suffix)


def _fraction(number: str) -> Fraction:
    sign = -1 if number.startswith("-") else 1
    return sign * Fraction(f"0{number.lstrip('+-').rstrip('.')}")
