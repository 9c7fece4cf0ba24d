"""Our certificate and the mesh's authorities are followed, and last while Consul is away."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from faas_nomad.clients.consul import Answer
from faas_nomad.clients.errors import BackendError, DeniedError, UnexpectedReplyError
from faas_nomad.model.consul import MeshLeaf, MeshRoots
from faas_nomad.state.backends import BackendState
from faas_nomad.state.mesh import MeshIdentity, spiffe_id
from faas_nomad.tasks.mesh_watch import LATE_PAUSE_S, MeshWatch, identity_of, is_late

TD = "11111111-2222.consul"
START = datetime(2026, 1, 1, tzinfo=UTC)
DAY_S = 86400.0
ROOTS: MeshRoots = {"TrustDomain": TD, "Roots": [{"RootCert": "root1\n"}]}
BOTH: MeshRoots = {**ROOTS, "Roots": [{"RootCert": "root1\n"}, {"RootCert": "root2\n"}]}


def leaf(name: str = "cert1", *, uri: str = spiffe_id(TD, "dc1", "faas-nomad")) -> MeshLeaf:
    """Return a certificate of three days from START on."""
    return {
        "CertPEM": name,
        "PrivateKeyPEM": "s3cret",
        "ServiceURI": uri,
        "ValidAfter": START.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "ValidBefore": (START + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


class ScriptedConsul:
    """Answers each question with the next of its script; then nothing changes any more."""

    def __init__(self, leaves: list[Any], roots: list[Any]) -> None:
        self.leaves, self.roots = leaves, roots
        self.asked_after: list[int] = []

    async def watch_mesh_leaf(self, service: str, after_index: int) -> Answer[MeshLeaf]:
        assert service == "faas-nomad"
        self.asked_after.append(after_index)
        found: Answer[MeshLeaf] = await self._next(self.leaves)
        return found

    async def watch_mesh_roots(self, after_index: int) -> Answer[MeshRoots]:
        del after_index
        found: Answer[MeshRoots] = await self._next(self.roots)
        return found

    async def _next(self, script: list[Any]) -> Any:
        if not script:
            await asyncio.sleep(3600)
        said = script.pop(0)
        if isinstance(said, BackendError):
            raise said
        return Answer(*said)


class Site:
    """The watch on a scripted Consul, `after_s` after START."""

    def __init__(self, leaves: list[Any], roots: list[Any], *, after_s: float = 0.0) -> None:
        self.consul = ScriptedConsul(leaves, roots)
        self.state = BackendState("consul-mesh")
        self.taken: list[MeshIdentity] = []
        self.pauses: list[float] = []
        self.watch = MeshWatch(
            self.consul,  # type: ignore[arg-type]
            "faas-nomad",
            ("dc2",),
            self.state,
            self.taken.append,
            sleep=self._sleep,
            now_s=lambda: 100.0,
            unix_s=lambda: START.timestamp() + after_s,
        )

    async def _sleep(self, pause_s: float) -> None:
        self.pauses.append(pause_s)
        await asyncio.sleep(0)

    async def run(self) -> None:
        """Follow until the script is over."""
        tasks = [asyncio.ensure_future(task) for task in self.watch.forever()]
        async with asyncio.timeout(5):
            while self.consul.leaves or self.consul.roots:
                await asyncio.sleep(0)
        for _ in range(20):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def test_certificate_and_authorities_make_an_identity() -> None:
    site = Site([(leaf(), 7)], [(ROOTS, 9)])
    await site.run()

    assert site.taken == [MeshIdentity("cert1", "s3cret", "root1\n", TD, ("dc1", "dc2"))]
    assert site.consul.asked_after == [0, 7]
    assert site.state.connected
    assert site.state.token_ends_s == 100.0 + 3 * DAY_S


async def test_each_change_is_taken_and_an_equal_answer_is_none() -> None:
    site = Site(
        [(leaf(), 7), (leaf(), 7), (leaf("cert2"), 8)], [(ROOTS, 9), (ROOTS, 9), (BOTH, 10)]
    )
    await site.run()

    assert site.taken[-1].certificate == "cert2"
    assert site.taken[-1].roots == "root1\nroot2\n"
    assert len(site.taken) == len(set(site.taken))


async def test_what_was_known_last_stands_while_consul_is_away() -> None:
    site = Site([(leaf(), 7), DeniedError("no right"), DeniedError("no right")], [(ROOTS, 9)])
    await site.run()

    assert [one.certificate for one in site.taken] == ["cert1"]
    assert not site.state.connected
    assert site.state.last_error == "no right"
    assert site.consul.asked_after == [0, 7, 0, 0]
    assert [pause for pause in site.pauses if pause in (0.25, 0.5)] == [0.25, 0.5]


async def test_a_certificate_near_its_end_is_asked_for_anew_and_not_waited_for() -> None:
    site = Site([(leaf(), 7), (leaf(), 7)], [(ROOTS, 9)], after_s=2.8 * DAY_S)
    await site.run()

    assert site.consul.asked_after[1:] == [0] * (len(site.consul.asked_after) - 1)
    assert LATE_PAUSE_S in site.pauses


@pytest.mark.parametrize(("after_days", "late"), [(0.0, False), (2.6, False), (2.8, True)])
def test_a_tenth_of_its_life_before_its_end_a_certificate_is_late(
    after_days: float, late: bool
) -> None:
    assert is_late(leaf(), START.timestamp() + after_days * DAY_S) is late


def test_what_is_no_services_certificate_makes_no_identity() -> None:
    with pytest.raises(UnexpectedReplyError, match="for no service"):
        identity_of(leaf(uri="spiffe://x/agent"), ROOTS, ())


@pytest.mark.parametrize("odd", [{}, {"CertPEM": 1}, {**leaf(), "ValidBefore": "soon"}])
async def test_an_odd_answer_is_told_without_what_was_in_it(odd: Any) -> None:
    site = Site([(odd, 7)], [(ROOTS, 9)])
    await site.run()

    assert site.taken == []
    assert site.state.last_error.startswith("Consul sent no usable certificate: ")
    assert "s3cret" not in site.state.last_error


async def test_authorities_that_are_answered_hide_no_certificate_that_is_refused() -> None:
    denied = DeniedError("no right on the service")
    site = Site([(leaf(), 7), denied], [(ROOTS, 9), (ROOTS, 9), (ROOTS, 9), (BOTH, 10)])

    await site.run()

    assert not site.state.connected
    assert site.state.last_error == "no right on the service"
    assert [identity.roots for identity in site.taken] == ["root1\n", "root1\nroot2\n"]
