"""The namespaces of all regions hold functions."""

from faas_nomad.state.namespaces import KnownNamespaces


def test_the_own_namespace_is_known_before_anything_is_learned() -> None:
    assert KnownNamespaces("default").names == {"default"}


def test_a_region_s_namespaces_replace_what_was_learned_of_it_and_of_no_other() -> None:
    known = KnownNamespaces("default")
    known.learn(frozenset({"default", "a"}))
    known.learn(frozenset({"b"}), "west")
    assert known.names == {"default", "a", "b"}

    known.learn(frozenset({"default"}))

    assert known.names == {"default", "b"}


def test_a_namespace_that_is_no_more_stays_away_when_another_region_is_learned() -> None:
    known = KnownNamespaces("default")
    known.learn(frozenset({"default", "a"}))

    known.forget("a")
    known.learn(frozenset({"b"}), "west")

    assert known.names == {"default", "b"}
