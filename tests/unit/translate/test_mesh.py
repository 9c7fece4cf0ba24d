"""A function in Consul's service mesh: nothing but its sidecar has a port on the node."""

from dataclasses import replace
from typing import Any

import pytest

from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.hcl.job import job_hcl
from faas_nomad.translate.mesh import mesh_parts
from faas_nomad.translate.policy import BuiltInProxy, JobPolicy, MeshPolicy
from support.deployments import annotated, deployment, group_of, job_of, policy

ENVOY = policy(service_provider="consul", mesh=MeshPolicy("on"))
ASKED = policy(service_provider="consul", mesh=MeshPolicy("asked"))
BUILT_IN = policy(
    service_provider="consul",
    mesh=MeshPolicy("on", BuiltInProxy("raw_exec", "consul", "unix:///run/c.sock", True)),
)


def service_of(settings: JobPolicy, **annotations: str) -> dict[str, Any]:
    group = group_of(annotated(**annotations), settings)
    found: dict[str, Any] = group["Services"][0]
    return found


def test_the_function_is_in_a_network_of_its_own_without_a_port_on_the_node() -> None:
    group = group_of(deployment(), ENVOY)

    assert group["Networks"] == [{"Mode": "bridge", "DynamicPorts": []}]
    assert group["Tasks"][0]["Env"]["port"] == "8080"
    assert "ports" not in group["Tasks"][0]["Config"]
    assert group["Services"][0]["PortLabel"] == "8080"
    assert group["Services"][0]["AddressMode"] == "alloc"


def test_the_sidecar_is_nomads_own_where_nothing_is_said() -> None:
    assert set(service_of(ENVOY)["Connect"]) == {"SidecarService"}


def test_an_envoy_has_no_time_limits_of_its_own() -> None:
    limits = {"local_request_timeout_ms": 0, "local_idle_timeout_ms": 0}

    assert service_of(ENVOY)["Connect"]["SidecarService"]["Proxy"] == {"Config": limits}
    assert "Proxy" not in service_of(BUILT_IN)["Connect"]["SidecarService"]


def test_the_function_is_checked_at_its_own_address() -> None:
    [check] = service_of(ENVOY)["Checks"]
    [plain] = service_of(policy(service_provider="consul"))["Checks"]

    assert check == {**plain, "AddressMode": "alloc"}


def test_without_a_check_of_the_function_nomads_own_of_the_sidecar_stays() -> None:
    service = service_of(ENVOY, check="none")

    assert service["Checks"] == []
    assert service["Connect"]["SidecarService"]["DisableDefaultTCPCheck"] is False


def test_consuls_own_proxy_is_told_where_to_listen_and_whom_to_serve() -> None:
    task = service_of(BUILT_IN)["Connect"]["SidecarTask"]

    assert task["Driver"] == "raw_exec"
    assert task["Config"]["command"] == "consul"
    assert " ".join(task["Config"]["args"]) == (
        "connect proxy -service openfaas-figlet"
        " -listen 0.0.0.0:${NOMAD_PORT_connect_proxy_openfaas_figlet}"
        " -service-addr 127.0.0.1:8080 -http-addr unix:///run/c.sock"
        " -token-file ${NOMAD_SECRETS_DIR}/si_token"
    )


def test_balancers_are_not_sent_to_it() -> None:
    tagged = replace(ENVOY, balancer_tags=("traefik",))

    assert service_of(tagged)["Tags"] == ["openfaas"]


def test_a_function_asks_for_it_or_declines() -> None:
    assert "Connect" in service_of(ASKED, connect="true")
    assert "Connect" not in service_of(ASKED)
    declined = group_of(annotated(connect="false"), ENVOY)
    assert "Connect" not in declined["Services"][0]
    assert declined["Networks"][0]["DynamicPorts"] == [{"Label": "http", "To": 8080}]


@pytest.mark.parametrize(
    ("annotations", "field"),
    [
        ({"connect": "perhaps"}, "connect"),
        ({"network_mode": "host"}, "network_mode"),
        ({"upstream_tls": "verify"}, "upstream_tls"),
        ({"check": "tcp"}, "check"),
        ({"direct_routing": "true"}, "direct_routing"),
    ],
)
def test_what_cannot_be_in_the_mesh_is_refused_by_name(
    annotations: dict[str, str], field: str
) -> None:
    with pytest.raises(InvalidDeploymentError, match=f"com.openfaas.nomad.{field}"):
        service_of(ENVOY, **annotations)


def test_where_there_is_no_mesh_asking_for_it_is_refused() -> None:
    with pytest.raises(InvalidDeploymentError, match="consul_connect is off"):
        service_of(policy(service_provider="consul"), connect="true")
    assert "Connect" not in service_of(policy(), connect="false")


def test_a_name_that_consul_would_not_take_is_refused() -> None:
    with pytest.raises(InvalidDeploymentError, match="lower-case"):
        mesh_parts("Fn-figlet", ENVOY, [])


@pytest.mark.parametrize("driver", ["raw_exec", "exec", "docker"])
def test_every_driver_joins_the_network(driver: str) -> None:
    group = group_of(annotated(driver=driver), ENVOY)

    assert group["Networks"][0]["Mode"] == "bridge"


def test_a_network_of_a_plugin_is_kept() -> None:
    group = group_of(annotated(network_mode="cni/mesh"), ENVOY)

    assert group["Networks"][0]["Mode"] == "cni/mesh"


def test_the_job_can_be_written_as_a_file() -> None:
    text = job_hcl(job_of(deployment(), BUILT_IN))

    assert "sidecar_task" in text
    assert "disable_default_tcp_check = true" in text
