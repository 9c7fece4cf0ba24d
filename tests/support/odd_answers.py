"""Answers that no server should give, made of right ones by a seeded random generator; pure.

They are odd, not false: what is of the right shape everywhere nobody can tell from the truth. So no
value is replaced by one of its own type, nor left out or null, as many may be.
"""

import gzip
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

HTML = b"<html><body>\n<h1>bad\x00 \xff</h1></body></html>"
DEEP = b"[" * 100_000 + b"]" * 100_000
VALUES: list[Any] = [
    {"a": {}},
    [[]],
    -1,
    10**30,
    float("nan"),
    float("inf"),
    "9" * 5000,
    True,
]
STATUSES = (204, 206, 304, 400, 403, 404, 409, 429, 500, 502, 503, 504, 599, 999)
PLACES = ("/v1/jobs", "http://[::", "//", "javascript:x", "?" + "a" * 50_000)
INDEXES = ("", "0", "text", "9" * 30, "-5", "1.5", "\u00b2")
NO_HTTP = (
    b"garbage\r\n\r\n",
    b"HTTP/1.1 2000 x\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    b"",
)
LINES = (b"null", b"[]", b"x", b'{"Events":[null]}', b'{"Events":[{}]}', b'{"Events":"x"}', DEEP)


@dataclass(frozen=True)
class Reply:
    """A whole answer."""

    status: int
    fields: dict[str, str]
    body: bytes

    def raw(self) -> bytes:
        """Return it as HTTP/1.1."""
        lines = [f"HTTP/1.1 {self.status} X", *(f"{k}: {v}" for k, v in self.fields.items())]
        if self.status not in (204, 304):
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + self.body


Change = Callable[[random.Random, Reply], bytes]


def odd(rnd: random.Random, right: Reply) -> bytes:
    """Return one of the odd answers, to be sent as it is."""
    return rnd.choice(CHANGES)(rnd, right)


def odd_line(rnd: random.Random, line: bytes) -> bytes:
    """Return one of the odd lines of a stream."""
    return rnd.choice([*LINES, line[: len(line) // 2], _odd_json(rnd, line)]) + b"\n"


def _odd_json(rnd: random.Random, body: bytes) -> bytes:
    try:
        said = json.loads(body)
    except ValueError:
        return b"{"
    paths = list(_paths(said))
    if not paths:
        return rnd.choice(LINES)
    *before, last = rnd.choice(paths)
    inner = said
    for key in before:
        inner = inner[key]
    if inner[last] is None:
        return rnd.choice(LINES)  # of what type it may be is not to be seen
    inner[last] = rnd.choice([one for one in VALUES if _kind(one) != _kind(inner[last])])
    return json.dumps(said).encode()


def _kind(value: Any) -> type:
    return float if type(value) is int else type(value)


def _paths(said: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give where there is something, but for how a task is made: no shape is promised of that."""
    if path[-1:] == ("Tasks",):
        return
    if isinstance(said, dict | list):
        for key, inner in said.items() if isinstance(said, dict) else enumerate(said):
            yield (*path, key)
            yield from _paths(inner, (*path, key))


def _json(rnd: random.Random, right: Reply) -> bytes:
    return replace(right, body=_odd_json(rnd, right.body)).raw()


def _no_json(rnd: random.Random, right: Reply) -> bytes:
    cut = right.body[: rnd.randrange(len(right.body) + 1)]
    return replace(right, body=rnd.choice([b"", HTML, DEEP, b"null", b'""', b"NaN", cut])).raw()


def _status(rnd: random.Random, right: Reply) -> bytes:
    return replace(right, status=rnd.choice(STATUSES), body=rnd.choice([HTML, b"", b"{}"])).raw()


def _with(right: Reply, **fields: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return replace(right, fields={**right.fields, **named})


def _index(rnd: random.Random, right: Reply) -> bytes:
    fields = {name: value for name, value in right.fields.items() if name != "X-Nomad-Index"}
    return _with(replace(right, fields=fields), X_Nomad_Index=rnd.choice(INDEXES)).raw()


def _packed(rnd: random.Random, right: Reply) -> bytes:
    body = rnd.choice(
        [right.body, gzip.compress(right.body)[:-9], gzip.compress(b" " * 100_000_000)]
    )
    return _with(replace(right, body=body), Content_Encoding=rnd.choice(["gzip", "br", "x"])).raw()


def _charset(rnd: random.Random, right: Reply) -> bytes:
    status = rnd.choice([200, 500])
    return _with(replace(right, status=status), Content_Type="text/x; charset=hex").raw()


def _redirect(rnd: random.Random, right: Reply) -> bytes:
    return _with(replace(right, status=307), Location=rnd.choice(PLACES)).raw()


def _cut(rnd: random.Random, right: Reply) -> bytes:
    raw = right.raw()
    return raw[: rnd.randrange(len(raw))]


CHANGES: list[Change] = [
    *[_json] * 8,
    *[_no_json, _status, _index] * 2,
    *(_packed, _charset, _redirect, _cut),
    lambda rnd, _right: rnd.choice(NO_HTTP),
    lambda _rnd, right: b"HTTP/1.1 103 Early Hints\r\n\r\n" * 20 + right.raw(),
    lambda _rnd, right: _with(right, X_Large="a" * 60_000).raw(),
    lambda _rnd, right: _with(right, X_Large="a" * 200_000).raw(),
    lambda _rnd, right: right.raw() * 2,
]
