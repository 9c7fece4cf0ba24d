"""The service outlives whatever Nomad answers, serves on meanwhile, and is right again after it."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from support.nomad_cluster import run_stand_in
from support.odd_line import OddLine, odd_line_to
from support.processes import resident_mb
from support.service import Service, run_service
from support.waiting import wait_until

SETTINGS = {
    "job_driver": "raw_exec",
    "resync_interval": "1s",
    "nomad_timeout": "1s",
    "usage_interval": "1s",
    "autoscaler": "builtin",
    "own_datacenter": "dc1",
}
ODD_ANSWERS = 100
ENOUGH_WITHIN_S = 40.0
RIGHT_WITHIN_S = 20.0
ANSWERED_WITHIN_S = 15.0
MAX_MB = 400


class Site:
    """A service behind an odd line, with a function that is called all the time."""

    def __init__(self, nomad_url: str, line: OddLine, service: Service) -> None:
        self.nomad_url, self.line, self.service = nomad_url, line, service
        self.http = httpx.Client(base_url=service.gateway_url, timeout=ANSWERED_WITHIN_S)
        self.reached = self.missed = 0
        self._calls = itertools.cycle(self._every_call())

    def deploy(self, name: str, **fields: object) -> httpx.Response:
        body = {"service": name, "image": "functions/none:1", "envProcess": "cat", **fields}
        return self.http.post("/system/functions", json=body)

    def answers(self, name: str) -> bool:
        return self.http.post(f"/function/{name}", content=b"x").text == "x"

    def call_while_odd(self) -> bool:
        """Make one call of the API and one of the function; return whether it was enough."""
        self.service.child.check_alive()
        reply = next(self._calls)()
        assert reply.status_code < 400 or reply.text.count("\n") == 1, reply.text
        assert "Internal Server Error" not in reply.text
        self._call_known()
        return self.line.odd_answers >= ODD_ANSWERS

    def _call_known(self) -> None:
        """Call what was there before; an odd answer may say by chance that it is there no more."""
        reply = self.http.post("/function/kept", content=b"x")
        if reply.text == "x":
            self.reached += 1
            return
        print(f"not reached: {reply.status_code} {reply.text!r}")
        assert reply.status_code in (404, 500, 502, 503, 504)
        assert reply.text.count("\n") <= 1
        self.missed += 1

    def _every_call(self) -> list[Callable[[], httpx.Response]]:
        http, other = self.http, {"functionName": "other"}
        secret = {"name": "other", "value": "x"}
        return [
            lambda: self.deploy("other", secrets=["kept"]),
            lambda: http.get("/system/functions"),
            lambda: http.get("/system/function/kept", params={"usage": "1"}),
            lambda: http.post("/system/scale-function/other", json={"replicas": 2}),
            lambda: http.get("/system/logs", params={"name": "kept"}),
            lambda: http.post("/system/secrets", json=secret),
            lambda: http.put("/system/secrets", json=secret),
            lambda: http.get("/system/secrets"),
            lambda: http.request("DELETE", "/system/secrets", json=secret),
            lambda: http.get("/system/namespaces"),
            lambda: http.get("/system/namespace/other"),
            lambda: http.request("DELETE", "/system/functions", json=other),
        ]

    def check_right_again(self) -> None:
        """Fail unless all that Nomad tells is taken again, and what is asked for is done."""
        wait_until(self.service.knows_nomad, "in touch with Nomad", RIGHT_WITHIN_S)
        assert self.deploy("new", secrets=["kept"]).status_code == 202
        wait_until(lambda: self.answers("new"), "the new one answers", RIGHT_WITHIN_S)
        assert self.http.get("/system/secrets").json()[0]["name"] == "kept"
        assert resident_mb(self.service.child.process.pid) < MAX_MB
        httpx.delete(f"{self.nomad_url}/v1/job/openfaas-new", params={"purge": "true"})
        gone = lambda: self.http.post("/function/new").status_code == 404  # noqa: E731
        wait_until(gone, "what was removed behind its back is gone", RIGHT_WITHIN_S)


@pytest.fixture
def nomad_url(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "nomad").mkdir()
    with run_stand_in(tmp_path / "nomad") as address:
        yield address


@pytest.fixture
def line(nomad_url: str) -> Iterator[OddLine]:
    with odd_line_to(nomad_url) as running:
        yield running


@contextmanager
def site_on(folder: Path, nomad_url: str, line: OddLine) -> Iterator[Site]:
    with run_service(folder, line.address, SETTINGS) as service:
        site = Site(nomad_url, line, service)
        with site.http:
            yield site


@pytest.mark.parametrize("seed", [1, 2])
def test_odd_answers_end_nothing_and_are_forgotten(
    tmp_path: Path, nomad_url: str, line: OddLine, seed: int
) -> None:
    with site_on(tmp_path, nomad_url, line) as site:
        site.service.wait_for_nomad()
        secret = {"name": "kept", "value": "x"}
        assert site.http.post("/system/secrets", json=secret).is_success
        assert site.deploy("kept").status_code == 202
        wait_until(lambda: site.answers("kept"), "it answers", RIGHT_WITHIN_S)

        line.begin(seed)
        wait_until(site.call_while_odd, "enough answers were odd", ENOUGH_WITHIN_S)
        line.calm()

        print(f"the known function: {site.reached} reached, {site.missed} missed")
        assert site.reached, "a known replica is reached among odd answers"
        site.check_right_again()


def test_a_start_among_odd_answers_waits_for_right_ones(
    tmp_path: Path, nomad_url: str, line: OddLine
) -> None:
    line.begin(seed=3)
    with site_on(tmp_path, nomad_url, line) as site:
        wait_until(lambda: line.odd_answers >= 25, "enough answers were odd", ENOUGH_WITHIN_S)
        site.service.child.check_alive()
        line.calm()

        site.service.wait_for_nomad()

        assert site.http.get("/system/functions").json() == []
