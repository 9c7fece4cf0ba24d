"""The `filter` expressions of Nomad's lists, the part that clients use. Pure.

Source: hashicorp/go-bexpr: selectors (`Meta["k"]`, `"/Meta/a.b"`, `A.B`), `==`, `!=`, `in`,
`not in`, `contains`, `matches`, `is empty` and their negations, `and`, `or`, `not`, parentheses.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from faas_nomad.embedded.errors import ApiError

MAX_EXPRESSION_CHARS = 8192
Row = Mapping[str, Any]
Predicate = Callable[[Row], bool]
_TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*"|`[^`]*`)|(==|!=|[()\[\].])|([A-Za-z0-9_:-]+))')
_MISSING = object()


def parse_filter(expression: str) -> Predicate:
    """Return the test that `expression` stands for; an empty one passes everything.

    Raises:
        ApiError: 400, it cannot be understood.
    """
    if not expression.strip():
        return lambda _row: True
    if len(expression) > MAX_EXPRESSION_CHARS:
        raise ApiError(400, f"filter of over {MAX_EXPRESSION_CHARS} characters")
    try:
        parser = _Parser(_tokens(expression))
        found = parser.either()
        parser.expect_end()
    except (ValueError, RecursionError, re.error) as err:
        text = f"failed to read filter expression: {err}"
        raise ApiError(400, text) from err
    return found


def _tokens(expression: str) -> list[str]:
    tokens, position = [], 0
    text = expression.rstrip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if not found:
            raise ValueError(f"unexpected {text[position:][:20]!r}")
        tokens.append(found[0].strip())
        position = found.end()
    return tokens


class _Parser:
    """Recursive descent over the tokens: or, and, not, comparison."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def either(self) -> Predicate:
        left = self._both()
        while self._take("or"):
            left = _or(left, self._both())
        return left

    def expect_end(self) -> None:
        if self._at < len(self._tokens):
            raise ValueError(f"unexpected {self._tokens[self._at]!r}")

    def _both(self) -> Predicate:
        left = self._negated()
        while self._take("and"):
            left = _and(left, self._negated())
        return left

    def _negated(self) -> Predicate:
        if self._take("not"):
            return _not(self._negated())
        if self._take("("):
            inner = self.either()
            self._need(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Predicate:
        first = self._next()
        if self._peek() in ("in", "not") and not self._is_negated_operator():
            return self._membership(first)
        path = self._path(first)
        if self._take("is"):
            empty = self._is_empty(path)
            return empty
        negated = self._take("not")
        operator = self._next()
        wanted = _value(self._next())
        found = _compared(path, operator, wanted)
        return _not(found) if negated else found

    def _is_negated_operator(self) -> bool:
        return self._peek(1) in ("matches", "contains")

    def _membership(self, value: str) -> Predicate:
        negated = self._take("not")
        self._need("in")
        found = _compared(self._path(self._next()), "contains", _value(value))
        return _not(found) if negated else found

    def _is_empty(self, path: list[str]) -> Predicate:
        negated = self._take("not")
        self._need("empty")
        return lambda row: (not _resolved(row, path)) != negated

    def _path(self, first: str) -> list[str]:
        if first.startswith('"/'):
            return [_unescaped(part) for part in _value(first)[1:].split("/")]
        path = [first]
        while True:
            if self._take("."):
                path.append(self._next())
            elif self._take("["):
                path.append(_value(self._next()))
                self._need("]")
            else:
                return path

    def _peek(self, ahead: int = 0) -> str:
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else ""

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise ValueError("unexpected end")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, token: str) -> bool:
        if self._peek() != token:
            return False
        self._at += 1
        return True

    def _need(self, token: str) -> None:
        if not self._take(token):
            raise ValueError(f"expected {token!r}, found {self._peek()!r}")


def _compared(path: list[str], operator: str, wanted: str) -> Predicate:
    if operator == "==":
        return lambda row: _text(_resolved(row, path)) == wanted
    if operator == "!=":
        return lambda row: _text(_resolved(row, path)) != wanted
    if operator == "contains":
        return lambda row: wanted in (_container(_resolved(row, path)))
    if operator == "matches":
        pattern = re.compile(wanted)
        return lambda row: pattern.search(_text(_resolved(row, path))) is not None
    raise ValueError(f"unknown operator {operator!r}")


def _resolved(row: Row, path: list[str]) -> Any:
    value: Any = row
    for number, part in enumerate(path):
        if isinstance(value, Mapping) and part in value:
            value = value[part]
        elif number == 0:
            raise ApiError(400, f'error finding value in datum: at part 0, "{part}" not found')
        else:
            return _MISSING
    return value


def _text(value: Any) -> str:
    if value is _MISSING or value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _container(value: Any) -> Any:
    return value if isinstance(value, str | list | Mapping) else ()


def _value(token: str) -> str:
    if token[:1] not in ('"', "`"):
        return token
    return re.sub(r"\\(.)", r"\1", token[1:-1]) if token[0] == '"' else token[1:-1]


def _unescaped(pointer_part: str) -> str:
    return pointer_part.replace("~1", "/").replace("~0", "~")


def _or(left: Predicate, right: Predicate) -> Predicate:
    return lambda row: left(row) or right(row)


def _and(left: Predicate, right: Predicate) -> Predicate:
    return lambda row: left(row) and right(row)


def _not(inner: Predicate) -> Predicate:
    return lambda row: not inner(row)
