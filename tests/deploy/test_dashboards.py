"""Dashboards and rules name only what the service exposes, and the document explains all of it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from support.promql import metric_names
from support.service import run_service
from support.shipped_jobs import DEPLOY

DASHBOARDS = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
RULES = sorted((DEPLOY / "prometheus" / "rules").glob("*.yml"))
DOCUMENT = DEPLOY.parent / "docs" / "metrics.md"
PROMETHEUS_OWN = {"up", "ALERTS"}
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
COMPARED = re.compile(r'\w(=~?|!=|!~)"\$(\w+)"')
VARIABLE = re.compile(r"\$\{?(\w+)")
Json = dict[str, Any]


def rules() -> Iterator[Json]:
    for file in RULES:
        for group in yaml.safe_load(file.read_text())["groups"]:
            yield from group["rules"]


def load(file: Path) -> Json:
    dashboard: Json = json.loads(file.read_text())
    return dashboard


def panels(dashboard: Json) -> list[Json]:
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def expressions(dashboard: Json) -> list[str]:
    found = [target["expr"] for panel in panels(dashboard) for target in panel["targets"]]
    return found + [note["expr"] for note in dashboard["annotations"]["list"]]


@pytest.fixture(scope="module")
def exposed(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Every name that a running service tells; without a Nomad, as the families are the same."""
    folder = tmp_path_factory.mktemp("service")
    with run_service(folder, "http://127.0.0.1:9", {"workers": "2"}) as service:
        text = httpx.get(f"{service.gateway_url}/metrics", timeout=10).text
    families = list(text_string_to_metric_families(text))
    names = {f"{f.name}{end}" for f in families for end in SUFFIXES.get(f.type, ("",))}
    return names | {sample.name for family in families for sample in family.samples}


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.stem)
def test_a_dashboard_names_only_what_there_is(file: Path, exposed: set[str]) -> None:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    used = {name for text in expressions(load(file)) for name in metric_names(text)}

    assert used
    assert used - exposed - recorded - PROMETHEUS_OWN == set()


def test_rules_name_only_what_there_is(exposed: set[str]) -> None:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    used = {name for rule in rules() for name in metric_names(rule["expr"])}

    assert used - exposed - recorded - PROMETHEUS_OWN == set()


def test_every_metric_is_explained_and_no_other(exposed: set[str]) -> None:
    ours = {name for name in exposed if name.startswith(("faas_nomad_", "gateway_", "provider_"))}
    parts = ("_bucket", "_sum", "_created")
    named = {
        name.removesuffix("_count") if name.removesuffix("_count") + "_sum" in ours else name
        for name in ours
        if not name.endswith(parts)
    }
    lines = DOCUMENT.read_text().splitlines()
    explained = {line.split("`")[1] for line in lines if line.startswith("| `")}

    assert explained == named


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.stem)
def test_a_dashboard_can_be_provisioned(file: Path) -> None:
    dashboard = load(file)
    variables = {variable["name"] for variable in dashboard["templating"]["list"]}

    assert dashboard["uid"].startswith("faas-nomad-")
    assert variables >= {"datasource"}
    for panel in panels(dashboard):
        assert panel["title"]
        assert panel["targets"], panel["title"]
        assert {t["datasource"]["uid"] for t in panel["targets"]} == {"${datasource}"}
        assert len({t["refId"] for t in panel["targets"]}) == len(panel["targets"])


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.stem)
def test_variables_are_compared_as_what_they_hold(file: Path) -> None:
    """Several values, or all, are a regular expression; one value is not, as it has dots."""
    dashboard = load(file)
    kinds = {v["name"]: v.get("multi", False) for v in dashboard["templating"]["list"]}
    used = [found for text in expressions(dashboard) for found in COMPARED.findall(text)]

    assert used
    assert {(name, operator) for operator, name in used} == {
        (name, "=~" if kinds[name] else "=") for _, name in used
    }
    named = {name for name in VARIABLE.findall(file.read_text()) if not name.startswith("__")}
    assert named - kinds.keys() == set()


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.stem)
def test_no_panel_covers_another(file: Path) -> None:
    taken: dict[tuple[int, int], str] = {}
    for panel in load(file)["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        for x in range(at["x"], at["x"] + at["w"]):
            for y in range(at["y"], at["y"] + at["h"]):
                assert taken.setdefault((x, y), panel["title"]) == panel["title"], (x, y)


def test_uids_are_unlike() -> None:
    uids = [load(file)["uid"] for file in DASHBOARDS]

    assert len(set(uids)) == len(uids) == 3


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ('sum by (a) (rate(x_total{b="c",d=~"e"}[5m])) / on(f) y > 2', {"x_total", "y"}),
        ("histogram_quantile(0.9, sum by (le) (rate(h_bucket[1m])))", {"h_bucket"}),
        ("a:b:c == 0 and d > 0 or vector(0)", {"a:b:c", "d"}),
        ("time() - process_start_time_seconds", {"process_start_time_seconds"}),
    ],
)
def test_names_are_found_in_expressions(expression: str, names: set[str]) -> None:
    assert metric_names(expression) == names
