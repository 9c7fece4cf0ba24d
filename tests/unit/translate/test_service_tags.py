"""Tags and meta for balancers, of the operator's making and never of a deployment's."""

from typing import Any

import pytest

from faas_nomad.translate.service_tags import balancer_tags, called_as
from support.deployments import OURS, annotated, deployment, group_of, policy

CALLED = called_as("figlet", ["openfaas-fn"], is_default=True)
TRAEFIK = policy(balancer_tags=("traefik",))


def service(*args: Any) -> dict[str, Any]:
    found: dict[str, Any] = group_of(*args)["Services"][0]
    return found


def test_without_templates_there_are_no_tags_for_balancers() -> None:
    assert service(deployment(), policy())["Tags"] == ["openfaas"]


@pytest.mark.parametrize(
    ("template", "host", "tag"),
    [
        ("traefik", "", "traefik.enable=true"),
        (
            "traefik",
            "",
            "traefik.http.routers.figlet_openfaas-fn.rule="
            "Path(`/function/figlet`) || PathPrefix(`/function/figlet/`) || "
            "Path(`/function/figlet.openfaas-fn`) || PathPrefix(`/function/figlet.openfaas-fn/`)",
        ),
        (
            "traefik",
            "",
            "traefik.http.middlewares.figlet_openfaas-fn.stripprefix.prefixes="
            "/function/figlet.openfaas-fn,/function/figlet",
        ),
        (
            "traefik",
            "{function}.{namespace}.example.com",
            "traefik.http.routers.figlet_openfaas-fn.rule=Host(`figlet.openfaas-fn.example.com`)",
        ),
        ("fabio", "", "urlprefix-/function/figlet/ strip=/function/figlet"),
        ("fabio", "{function}.x", "urlprefix-figlet.x/"),
        ("haproxy", "", "openfaas.namespace=openfaas-fn"),
        ("haproxy", "{function}.x", "haproxy.host=figlet.x"),
        ("own-{namespace}/{function}@{host}", "{function}.x", "own-openfaas-fn/figlet@figlet.x"),
    ],
)
def test_templates_are_filled_in(template: str, host: str, tag: str) -> None:
    assert tag in balancer_tags([template], CALLED, host)


def test_a_tag_is_there_once_and_a_canary_has_it_too() -> None:
    found = service(deployment(), policy(balancer_tags=("traefik", "traefik.enable=true")))

    assert found["Tags"].count("traefik.enable=true") == 1
    assert found["CanaryTags"] == [*found["Tags"], "canary"]


def test_a_function_stays_out_of_direct_routing_or_asks_for_it() -> None:
    opt_in = policy(balancer_tags=("traefik",), direct_routing=False)

    assert service(annotated(direct_routing="false"), TRAEFIK)["Tags"] == ["openfaas"]
    assert service(deployment(), opt_in)["Tags"] == ["openfaas"]
    assert "traefik.enable=true" in service(annotated(direct_routing="true"), opt_in)["Tags"]


def test_in_consul_openfaas_labels_are_the_services_meta() -> None:
    labels = {
        "com.openfaas.scale.min": "2",
        "com.openfaas.dollar": "${x}",
        "com.openfaas.ä": "left out",
        "com.openfaas.long": "x" * 513,
        "team": "left out",
        OURS + "check": "http",
    }
    found = service(deployment(labels=labels), policy(service_provider="consul"))

    assert found["Meta"] == {
        "com-openfaas-scale-min": "2",
        "com-openfaas-dollar": "${NOMAD_META_of_dollar}{x}",
        "com-openfaas-nomad-check": "http",
    }
    assert "Meta" not in service(deployment(labels=labels), policy())


def test_a_function_of_another_namespace_does_not_take_the_default_s_path() -> None:
    in_team = called_as("figlet", ["team"], is_default=False)

    assert balancer_tags(["fabio"], in_team, "") == [
        "urlprefix-/function/figlet.team/ strip=/function/figlet.team"
    ]
    [rule] = [tag for tag in balancer_tags(["traefik"], in_team, "") if ".rule=" in tag]
    assert rule.endswith("=Path(`/function/figlet.team`) || PathPrefix(`/function/figlet.team/`)")


def test_no_two_functions_have_the_same_router() -> None:
    one = called_as("a-b", ["c"], is_default=False)
    other = called_as("a", ["b-c"], is_default=False)

    routers = [
        tag.split(".rule=")[0]
        for c in (one, other)
        for tag in balancer_tags(["traefik"], c, "")
        if ".rule=" in tag
    ]
    assert len(set(routers)) == 2


def test_the_installation_s_name_of_the_default_namespace_is_a_path_too() -> None:
    tags = service(deployment(), policy(balancer_tags=("fabio",), function_namespace="fn"))["Tags"]

    assert tags[1:] == [
        "urlprefix-/function/figlet/ strip=/function/figlet",
        "urlprefix-/function/figlet.fn/ strip=/function/figlet.fn",
        "urlprefix-/function/figlet.openfaas-fn/ strip=/function/figlet.openfaas-fn",
    ]


def test_in_consul_an_operator_s_meta_is_filled_in_and_no_label_takes_its_place() -> None:
    settings = policy(
        service_provider="consul",
        service_host="{function}.example.com",
        service_meta=("com-openfaas-owner=platform", "at=https://{host}/?a=b", "of={namespace}"),
    )
    labels = {"com.openfaas.owner": "mallory", "com.openfaas.team": "a"}

    assert service(deployment(labels=labels), settings)["Meta"] == {
        "com-openfaas-owner": "platform",
        "at": "https://figlet.example.com/?a=b",
        "of": "openfaas-fn",
        "com-openfaas-team": "a",
    }
