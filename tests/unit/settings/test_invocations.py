from faas_nomad.proxy.limits import ProxyLimits
from faas_nomad.settings.invocations import ProxySettings


def test_the_defaults_are_the_data_paths_own() -> None:
    settings, limits = ProxySettings(), ProxyLimits()

    assert settings.max_connections == limits.max_clients
    assert settings.max_connections_per_replica == limits.max_connections
    assert settings.upstream_timeout_s == limits.exchange_time_s
    assert settings.max_tunnels == limits.max_tunnels
    assert settings.max_unread_bytes == limits.write_buffer_bytes
    assert settings.max_pipelined_bytes == limits.max_held_bytes


def test_an_invocation_is_not_cut_short_by_the_default_write_timeout() -> None:
    assert ProxySettings().upstream_timeout_s <= ProxySettings().write_timeout_s


def test_the_service_carries_invocations_itself_unless_told_otherwise() -> None:
    assert ProxySettings().workers == 1
