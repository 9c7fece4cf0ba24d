"""Ports and networks."""

from typing import Any

import pytest

from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.policy import DownloadedWatchdog, HostWatchdog
from support.deployments import annotated, group_of, policy, task_of


def network(settings: Any, **annotations: str) -> dict[str, Any]:
    networks: list[dict[str, Any]] = group_of(annotated(**annotations), settings)["Networks"]
    assert len(networks) == 1
    return networks[0]


def test_a_container_publishes_port_8080() -> None:
    assert network(policy("docker")) == {"DynamicPorts": [{"Label": "http", "To": 8080}]}
    assert task_of()["Config"]["ports"] == ["http"]


def test_a_process_listens_on_the_hosts_port() -> None:
    assert network(policy("raw_exec")) == {"Mode": "host", "DynamicPorts": [{"Label": "http"}]}


@pytest.mark.parametrize("mode", ["bridge", "cni/faas"])
@pytest.mark.parametrize("driver", ["docker", "podman", "exec"])
def test_in_a_network_of_its_own_every_function_listens_on_8080(driver: str, mode: str) -> None:
    expected = {"Mode": mode, "DynamicPorts": [{"Label": "http", "To": 8080}]}

    assert network(policy(driver, network_mode=mode)) == expected
    assert network(policy(driver), network_mode=mode) == expected


@pytest.mark.parametrize("driver", ["docker", "podman"])
def test_a_container_on_the_hosts_network_reserves_the_watchdogs_metrics_port(driver: str) -> None:
    assert network(policy(driver), network_mode="host") == {
        "Mode": "host",
        "DynamicPorts": [{"Label": "http"}],
        "ReservedPorts": [{"Label": "watchdog-metrics", "Value": 8081}],
    }
    config = task_of(annotated(network_mode="host"), policy(driver))["Config"]
    assert config["network_mode"] == "host"
    assert "ports" not in config


@pytest.mark.parametrize("watchdog", [HostWatchdog("/w"), DownloadedWatchdog("https://a/w")])
def test_of_watchdog_on_the_host_reserves_its_metrics_port(watchdog: Any) -> None:
    assert "ReservedPorts" in network(policy("raw_exec", watchdog=watchdog))
    assert "ReservedPorts" not in network(
        policy("raw_exec", watchdog=watchdog), driver="java", artifact="https://a/b.jar"
    )


def test_auto_is_what_suits_the_driver() -> None:
    assert network(policy(network_mode="bridge"), network_mode="auto").get("Mode") is None


def test_raw_exec_stays_on_the_host_whatever_the_policy() -> None:
    assert network(policy("raw_exec", network_mode="bridge"))["Mode"] == "host"
    with pytest.raises(InvalidDeploymentError, match="the only network of raw_exec"):
        network(policy("raw_exec"), network_mode="bridge")


@pytest.mark.parametrize("mode", ["", "none", "cni/", "cni/a b", "${attr.x}", "Bridge"])
def test_an_unknown_network_is_refused(mode: str) -> None:
    with pytest.raises(InvalidDeploymentError, match=r"network_mode.*auto, host, bridge"):
        network(policy(), network_mode=mode)


@pytest.mark.parametrize(
    ("allowed", "mode"),
    [(("bridge", "cni/*"), "host"), (("host", "cni/faas"), "cni/other"), ((), "bridge")],
)
def test_a_network_that_the_installation_does_not_allow_is_refused(
    allowed: tuple[str, ...], mode: str
) -> None:
    with pytest.raises(InvalidDeploymentError, match=f"network_mode.*{mode}.*one of auto"):
        network(policy("docker", allowed_networks=allowed), network_mode=mode)


@pytest.mark.parametrize("mode", ["bridge", "cni/faas", "auto"])
def test_a_network_that_it_allows_may_be_chosen(mode: str) -> None:
    allowed = policy("docker", allowed_networks=("bridge", "cni/*"), network_mode="host")

    assert network(allowed, network_mode=mode).get("Mode", "auto") == mode


def test_dns_servers_are_the_policys() -> None:
    assert network(policy(dns_servers=("10.0.0.1",)))["DNS"] == {"Servers": ["10.0.0.1"]}
    searched = policy(dns_searches=("service.consul",))
    assert network(searched)["DNS"] == {"Searches": ["service.consul"]}


def test_a_function_may_have_dns_servers_of_its_own() -> None:
    settings = policy(dns_servers=("10.0.0.1",), dns_searches=("a.example",))
    own = network(settings, dns_servers="10.0.0.2, ::1", dns_searches="service.consul")

    assert own["DNS"] == {"Servers": ["10.0.0.2", "::1"], "Searches": ["service.consul"]}
    assert "DNS" not in network(settings, dns_servers="", dns_searches="")


@pytest.mark.parametrize("text", ["10.0.0", "consul", "10.0.0.1;::1", ",".join(["::1"] * 7)])
def test_what_is_no_list_of_addresses_is_refused(text: str) -> None:
    with pytest.raises(InvalidDeploymentError, match="dns_servers"):
        network(policy(), dns_servers=text)


@pytest.mark.parametrize("text", ["${x}", "a b", "a\nnameserver 1.1.1.1", "-"])
def test_what_is_no_list_of_domains_is_refused(text: str) -> None:
    with pytest.raises(InvalidDeploymentError, match="dns_searches"):
        network(policy(), dns_searches=text)


def test_a_function_on_its_node_has_the_nodes_resolver_and_no_other() -> None:
    with pytest.raises(InvalidDeploymentError, match="raw_exec"):
        network(policy("raw_exec"), dns_servers="10.0.0.1")
