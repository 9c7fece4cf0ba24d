from faas_nomad.state.endpoints import Endpoint, Route, RouteChange, RouteTable

ROUTE = Route("f.openfaas-fn", (Endpoint("a", "10.0.0.1", 8080),), 1)
SPELLINGS = ("f", "f.openfaas-fn")


def test_a_route_is_found_by_each_spelling_until_it_is_removed() -> None:
    table = RouteTable()
    table.publish(SPELLINGS, ROUTE)
    assert table.find("f") is table.find("f.openfaas-fn") is ROUTE
    assert table.find("g") is None
    table.publish(SPELLINGS, None)

    assert table.find("f") is None


def test_a_listener_hears_what_is_there_and_what_changes() -> None:
    table = RouteTable()
    table.publish(("f",), ROUTE)
    heard: list[RouteChange] = []
    table.subscribe(heard.append)
    table.publish(("g",), None)

    assert heard == [RouteChange(("f",), ROUTE), RouteChange(("g",), None)]


def test_who_has_left_hears_nothing_and_may_leave_twice() -> None:
    table = RouteTable()
    heard: list[RouteChange] = []
    table.subscribe(heard.append)
    table.unsubscribe(heard.append)
    table.unsubscribe(heard.append)
    table.publish(("f",), ROUTE)

    assert not heard


def test_a_snapshot_stays_as_it_was() -> None:
    table = RouteTable()
    table.publish(("f",), ROUTE)
    snapshot = table.snapshot()
    table.publish(("f",), None)

    assert snapshot == {"f": ROUTE}
