"""An alert fires under load and is resolved after it, all of it run from the shipped files."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import httpx
import pytest

from support.monitoring import PASSWORD, Monitoring
from support.shipped_jobs import DEPLOY
from support.waiting import wait_until

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

READY_WITHIN_S = 60
NOTICED_WITHIN_S = 60
CALL_EVERY_S = 0.03
LABEL_VALUES = re.compile(r"label_values\((\w+), (\w+)\)")
CHOSEN = {"$function": "shown.openfaas-fn", "$instance": ".*"}
"""In place of the dashboards' variables."""


def test_prometheus_finds_faas_nomad_and_alertmanager_in_nomad(monitoring: Monitoring) -> None:
    def all_up() -> bool:
        targets = monitoring.prometheus("targets")["activeTargets"]
        managers = monitoring.prometheus("alertmanagers")["activeAlertmanagers"]
        return [t["health"] for t in targets] == ["up"] and len(managers) == 1

    wait_until(all_up, "faas-nomad is scraped and Alertmanager known", NOTICED_WITHIN_S)

    [target] = monitoring.prometheus("targets")["activeTargets"]
    assert target["labels"]["job"] == "faas-nomad"
    assert target["scrapeUrl"].endswith("/metrics")


def test_all_rules_are_loaded_and_can_be_evaluated(monitoring: Monitoring) -> None:
    def rules() -> list[Any]:
        groups = monitoring.prometheus("rules")["groups"]
        return [rule for group in groups for rule in group["rules"]]

    wait_until(lambda: all(r["health"] == "ok" for r in rules()), "all rules are evaluated", 60)

    files = [file.read_text() for file in (DEPLOY / "prometheus" / "rules").glob("*.yml")]
    shipped = sum(text.count("- alert:") + text.count("- record:") for text in files)
    assert len(rules()) == shipped


def test_an_alert_fires_under_load_and_is_resolved_after_it(monitoring: Monitoring) -> None:
    deploy(monitoring, "busy")
    receiver, name = monitoring.receiver, "busy.openfaas-fn"

    with load(monitoring, "busy"):
        wait_until(lambda: receiver.has("firing", name), "the alert came", NOTICED_WITHIN_S)
        alerts = monitoring.prometheus("alerts")["alerts"]
        firing = [a["labels"]["function_name"] for a in alerts if a["state"] == "firing"]
        assert "busy.openfaas-fn" in firing
        [series] = monitoring.prometheus("query", query="function_name:invocations:rate1m")[
            "result"
        ]
        assert float(series["value"][1]) > 1

    wait_until(lambda: receiver.has("resolved", name), "it was resolved", NOTICED_WITHIN_S)
    assert receiver.credentials == {f"admin:{PASSWORD}"}


def test_every_panel_asks_what_prometheus_can_answer(monitoring: Monitoring) -> None:
    deploy(monitoring, "shown")
    httpx.post(f"{monitoring.gateway_url}/function/shown", content=b"hi")

    def answered() -> dict[str, bool]:
        found: dict[str, bool] = {}
        for title, expression in panels():
            for name, value in CHOSEN.items():
                expression = expression.replace(name, value)
            result = monitoring.prometheus("query", query=expression)["result"]
            found[title] = found.get(title, False) or bool(result)
        return found

    quiet = {
        "Scaling alerts",  # an annotation, while none fires
        "Requests refused",
        "Errors of replicas by kind",
        "Retries by cause",
        "Limits hit",
        "Workers",
    }
    deadline_s = time.monotonic() + NOTICED_WITHIN_S
    while missing := {title for title, has in answered().items() if not has} - quiet:
        assert time.monotonic() < deadline_s, f"nothing to show: {missing}"
        time.sleep(1)


def test_what_variables_and_legends_name_is_in_prometheus(monitoring: Monitoring) -> None:
    for text in set(variables()):
        asked = LABEL_VALUES.fullmatch(text)
        assert asked, text

        def values(metric: str = asked[1], label: str = asked[2]) -> Any:
            return monitoring.prometheus(f"label/{label}/values", **{"match[]": metric})

        wait_until(values, f"{text} finds something", NOTICED_WITHIN_S)

    for expression, legend in legends():
        for name, value in CHOSEN.items():
            expression = expression.replace(name, value)
        for series in monitoring.prometheus("query", query=expression)["result"]:
            named = set(re.findall(r"{{ *(\w+) *}}", legend))
            assert named <= series["metric"].keys(), (expression, legend)


def dashboards() -> Iterator[Any]:
    for file in sorted((DEPLOY / "grafana" / "dashboards").glob("*.json")):
        yield json.loads(file.read_text())


def variables() -> Iterator[str]:
    """Yield what asks for the values of the dashboards' variables."""
    for dashboard in dashboards():
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                yield variable["query"]["query"]


def legends() -> Iterator[tuple[str, str]]:
    """Yield what is asked, and the template of its series' names."""
    for dashboard in dashboards():
        for panel in dashboard["panels"]:
            for target in panel.get("targets", ()):
                yield target["expr"], target.get("legendFormat", "")


def panels() -> Iterator[tuple[str, str]]:
    """Yield the title and the expression of all that the dashboards ask."""
    for dashboard in dashboards():
        for note in dashboard["annotations"]["list"]:
            yield note["name"], note["expr"]
        for panel in dashboard["panels"]:
            for target in panel.get("targets", ()):
                yield panel["title"], target["expr"]


def deploy(monitoring: Monitoring, name: str) -> None:
    """Deploy a function that answers with what it was sent, and wait for its replica."""
    with httpx.Client(base_url=monitoring.gateway_url, timeout=30) as client:
        body = {"service": name, "image": "none", "envProcess": "cat"}
        assert client.post("/system/functions", json=body).status_code == 202
        wait_until(
            lambda: client.get(f"/system/function/{name}").json().get("availableReplicas"),
            f"{name} can serve",
            READY_WITHIN_S,
        )


@contextmanager
def load(monitoring: Monitoring, name: str) -> Iterator[None]:
    """Call the function some thirty times a second, one call after the other."""
    stop = Event()

    def call() -> None:
        with httpx.Client(base_url=monitoring.gateway_url) as client:
            while not stop.wait(CALL_EVERY_S):
                client.post(f"/function/{name}", content=b"hi")

    caller = Thread(target=call)
    caller.start()
    try:
        yield
    finally:
        stop.set()
        caller.join()
