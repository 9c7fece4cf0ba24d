from collections.abc import Awaitable, Callable
from dataclasses import replace

from faas_nomad.proxy.attempts import Attempts
from faas_nomad.proxy.context import Context
from faas_nomad.proxy.limits import ProxyLimits
from faas_nomad.proxy.replica import Open, Replica
from faas_nomad.proxy.router import Router
from faas_nomad.proxy.stats import Stats
from faas_nomad.proxy.trace import Tracer
from faas_nomad.proxy.upstream import UpstreamConnection
from faas_nomad.state.endpoints import Endpoint, Route, RouteChange, RoutePolicy, UpstreamTls

A, B = Endpoint("a", "10.0.0.1", 1), Endpoint("b", "10.0.0.2", 2)
SPELLINGS = ("f", "f.openfaas-fn")


def unused(factory: Callable[[], UpstreamConnection]) -> Awaitable[object]:
    raise AssertionError("nothing is connected here")


def no_way(_endpoint: Endpoint, _tls: UpstreamTls | None) -> Open:
    return unused


def router() -> Router:
    context = Context(
        limits=ProxyLimits(),
        stats=Stats(),
        now_s=lambda: 0.0,
        random=lambda: 0.0,
        tracer=Tracer(lambda _count: 0),
        endpoint_failed=lambda _id: None,
    )
    return Router(context, unused, no_way, lambda: True)


def route(*endpoints: Endpoint, timeout_s: float | None = None) -> Route:
    return Route("f.openfaas-fn", endpoints, 1, RoutePolicy(timeout_s))


def test_all_spellings_lead_to_one_target() -> None:
    found = router()
    found.apply(RouteChange(SPELLINGS, route(A)))

    assert found.by_segment[b"f"] is found.by_segment[b"f.openfaas-fn"]


def test_a_replica_that_stays_is_kept_with_its_connections() -> None:
    found = router()
    found.apply(RouteChange(SPELLINGS, route(A)))
    before = found.by_segment[b"f"].replicas[A]
    found.apply(RouteChange(SPELLINGS, route(A, B)))

    assert found.by_segment[b"f"].replicas[A] is before
    assert len(found.by_segment[b"f"].active) == 2


def test_a_replica_that_leaves_is_marked() -> None:
    found = router()
    found.apply(RouteChange(SPELLINGS, route(A, B)))
    leaving = found.by_segment[b"f"].replicas[A]
    found.apply(RouteChange(SPELLINGS, route(B)))

    assert leaving.gone
    assert [replica.id for replica in found.by_segment[b"f"].active] == ["b"]


def test_a_replica_at_another_address_is_another_one() -> None:
    found = router()
    found.apply(RouteChange(SPELLINGS, route(A)))
    before = found.by_segment[b"f"].replicas[A]
    found.apply(RouteChange(SPELLINGS, route(Endpoint("a", "10.0.0.9", 9))))

    assert before.gone
    assert found.by_segment[b"f"].active[0] is not before


def test_the_last_spelling_takes_the_target_along() -> None:
    found = router()
    found.apply(RouteChange(SPELLINGS, route(A)))
    target = found.by_segment[b"f"]
    found.apply(RouteChange(("f",), None))
    assert not target.is_gone
    found.apply(RouteChange(("f.openfaas-fn",), None))

    assert target.is_gone
    assert not found.by_segment
    assert found.targets() == [found.control]


def test_a_spelling_may_move_to_another_function() -> None:
    found = router()
    found.apply(RouteChange(SPELLINGS, route(A)))
    found.apply(RouteChange(("f",), Route("f.other", (B,), 1)))

    assert found.by_segment[b"f"].name == "f.other"
    assert found.by_segment[b"f.openfaas-fn"].name == "f.openfaas-fn"


def test_what_was_never_there_may_be_removed() -> None:
    found = router()
    found.apply(RouteChange(SPELLINGS, None))

    assert not found.by_segment


def test_a_time_limit_comes_with_the_route() -> None:
    found = router()
    for timeout_s, expected in ((None, ProxyLimits().exchange_time_s), (5, 5), (0, float("inf"))):
        found.apply(RouteChange(SPELLINGS, route(A, timeout_s=timeout_s)))
        assert found.by_segment[b"f"].timeout_s == expected


def after_trying(*tried: Replica) -> Attempts:
    attempts = Attempts()
    attempts.tried = tried
    return attempts


def test_a_replica_left_out_is_chosen_when_no_other_is_there() -> None:
    found = router()
    found.apply(RouteChange(SPELLINGS, route(A, B)))
    target = found.by_segment[b"f"]
    out = target.replicas[A]
    out.health.failed(0.0, 3)
    target.sort_out()

    assert target.choose(None) is target.replicas[B]
    assert target.choose(after_trying(target.replicas[B])) is out
    assert target.choose(after_trying(target.replicas[B], out)) is None


def test_the_control_plane_has_no_time_limit() -> None:
    assert router().control.timeout_s == float("inf")


def test_a_far_replica_gets_requests_only_when_no_near_one_can() -> None:
    near, far = A, replace(B, is_far=True)
    found = router()
    found.apply(RouteChange(SPELLINGS, route(near, far)))
    target = found.by_segment[b"f"]
    close, remote = target.replicas[near], target.replicas[far]

    assert {target.choose(None) for _ in range(9)} == {close}
    assert target.choose(after_trying(close)) is remote

    close.health.failed(0.0, weight=3)
    target.sort_out()
    assert target.choose(None) is remote
    found.apply(RouteChange(SPELLINGS, route(far)))
    assert target.choose(None) is remote
