from faas_nomad.tasks.event_streams import MAX_STREAMS, streams_for


def test_each_namespace_has_a_stream_while_they_are_few() -> None:
    assert streams_for({"b", "a"}) == ["a", "b"]


def test_many_share_one_stream() -> None:
    names = {f"n{number}" for number in range(MAX_STREAMS + 1)}

    assert streams_for(names) == ["*"]


def test_regions_share_what_streams_there_may_be() -> None:
    names = {f"n{number}" for number in range(10)}

    assert len(streams_for(names, regions=2)) == 10
    assert streams_for(names, regions=3) == ["*"]
