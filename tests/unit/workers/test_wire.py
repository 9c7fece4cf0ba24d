from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faas_nomad.metrics import BUCKETS_S
from faas_nomad.proxy.limits import ProxyLimits
from faas_nomad.state.endpoints import (
    Endpoint,
    Route,
    RouteChange,
    RoutePolicy,
    Sticky,
    UpstreamTls,
)
from faas_nomad.state.mesh import MeshIdentity
from faas_nomad.workers.checked import MessageError
from faas_nomad.workers.messages import (
    Address,
    Failed,
    Listening,
    Message,
    NewIdentity,
    Start,
    Synced,
)
from faas_nomad.workers.reports import CodeDelta, FunctionDelta, Report
from faas_nomad.workers.wire import MAX_LINE_BYTES, decode, encode

SECONDS = st.floats(min_value=0, max_value=1e9)
NAMES = st.text(max_size=80)
COUNTS = st.integers(min_value=0, max_value=1 << 62)
BUCKETS = st.tuples(*[COUNTS] * (len(BUCKETS_S) + 1))

STICKY = st.builds(Sticky, st.sampled_from(["header", "cookie"]), NAMES)
POLICIES = st.builds(RoutePolicy, timeout_s=st.none() | SECONDS, sticky=st.none() | STICKY)
ENDPOINTS = st.builds(Endpoint, NAMES, NAMES, st.integers(0, 65535), st.booleans(), NAMES)
IDENTITIES = st.builds(MeshIdentity, NAMES, NAMES, NAMES, NAMES, st.lists(NAMES).map(tuple))
ROUTES = st.builds(Route, NAMES, st.lists(ENDPOINTS).map(tuple), COUNTS, POLICIES)
CHANGES = st.builds(RouteChange, st.lists(NAMES).map(tuple), st.none() | ROUTES)
CODES = st.builds(CodeDelta, COUNTS, BUCKETS, SECONDS)
FUNCTIONS = st.builds(FunctionDelta, NAMES, COUNTS, st.integers(), st.lists(CODES).map(tuple))
REPORTS = st.builds(
    Report,
    st.lists(FUNCTIONS, max_size=3).map(tuple),
    st.lists(st.tuples(NAMES, st.integers())).map(tuple),
    st.lists(st.tuples(NAMES, COUNTS)).map(tuple),
    st.lists(st.tuples(NAMES, NAMES | COUNTS, COUNTS)).map(tuple),
)
ADDRESSES = st.builds(Address, NAMES, st.integers(0, 65535), st.sampled_from(["gateway"]))
LIMITS = st.builds(lambda seconds: replace(ProxyLimits(), head_time_s=seconds), SECONDS)
STARTS = st.builds(Start, NAMES, LIMITS, st.lists(ADDRESSES).map(tuple))
MESSAGES: st.SearchStrategy[Message] = st.one_of(
    CHANGES,
    REPORTS,
    STARTS,
    st.builds(Synced, st.booleans()),
    st.builds(Failed, NAMES),
    st.just(Listening()),
    st.builds(NewIdentity, IDENTITIES),
)


@given(MESSAGES)
def test_a_message_comes_out_as_it_went_in_and_is_one_line(message: Message) -> None:
    line = encode(message)

    assert line.index(b"\n") == len(line) - 1
    assert decode(line) == message


def test_no_part_of_a_policy_is_lost() -> None:
    policy = RoutePolicy(timeout_s=2.5, sticky=Sticky("cookie", "session"), tls=UpstreamTls())
    given_nothing = RoutePolicy()
    differs = [
        f.name for f in fields(policy) if getattr(policy, f.name) == getattr(given_nothing, f.name)
    ]
    assert not differs, "give each field a value of its own here"

    route = Route("f.openfaas-fn", (), 1, policy)
    assert decode(encode(RouteChange(("f",), route))) == RouteChange(("f",), route)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_anything_else_is_refused_as_no_message(line: bytes) -> None:
    with pytest.raises(MessageError):
        decode(line)


def test_a_message_too_long_for_the_other_end_is_not_sent() -> None:
    with pytest.raises(MessageError, match=str(MAX_LINE_BYTES)):
        encode(RouteChange(("f" * MAX_LINE_BYTES,), None))


def test_an_identity_that_cannot_be_read_is_refused_without_its_key() -> None:
    line = encode(NewIdentity(MeshIdentity("c", "s3cret", "r", "t", ())))
    with pytest.raises(MessageError) as refused:
        decode(line.replace(b'"roots"', b'"boots"'))

    assert "s3cret" not in str(refused.value)
