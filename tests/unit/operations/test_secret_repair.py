"""Whatever was cut short is put right by one pass, and a second pass does nothing."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from faas_nomad.clients.errors import UnreachableError
from faas_nomad.clients.nomad_secret_copies import SecretCopies
from faas_nomad.clients.nomad_secrets import NomadSecretStore
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.operations.secret_repair import GRACE_S, SecretRepair
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import DeploymentRecord, JobKey
from faas_nomad.state.region.jobs import JobReader
from faas_nomad.state.region.picture import RegionPicture
from faas_nomad.translate.meta import created_ns_from_meta, deployment_from_job_meta
from faas_nomad.translate.names import Names
from faas_nomad.translate.secret_variables import (
    MARK,
    VALUE,
    copy_paths,
    encode_value,
    master_path,
)
from support.deployments import deployment, job_of
from support.memory_nomad import MemoryNomad
from support.memory_variables import MemoryVariables

KEY = JobKey("default", "openfaas-figlet")
TASK = copy_paths(KEY.job_id)[0]
LATER_NS = int(GRACE_S * 1e9)
ONE, TWO = encode_value(b"one"), encode_value(b"two")


def read_meta(_key: JobKey, meta: Mapping[str, str]) -> tuple[FunctionDeployment, int]:
    return deployment_from_job_meta(meta), created_ns_from_meta(meta)


class Site:
    """Everything that a repair works with."""

    def __init__(self) -> None:
        async def no_sleep(_s: float) -> None:
            await asyncio.sleep(0)

        names = Names("openfaas-", "openfaas-fn", "default")
        self.functions = Functions(
            Picture(read_meta), RouteTable(), names, lambda _job: RoutePolicy()
        )
        self.variables = MemoryVariables()
        self.nomad = MemoryNomad()
        copies = SecretCopies(self.variables, no_sleep)  # type: ignore[arg-type]
        self.store = NomadSecretStore(self.variables, copies)  # type: ignore[arg-type]
        self.repair = SecretRepair(
            self.variables,  # type: ignore[arg-type]
            copies,
            self.functions,
            self.nomad,  # type: ignore[arg-type]
            lambda: self.variables.now_ns,
        )

    def follow(self, *regions: str) -> None:
        self.functions.picture.regions.update(
            (region, RegionPicture(JobReader(read_meta), region)) for region in regions
        )

    def deploy(self, key: JobKey = KEY, *, status: str = "successful", **fields: Any) -> None:
        job = {**job_of(deployment(**fields)), "Version": 3}
        reply = self.nomad.in_region(key.region).put(key, job)
        self.functions.write_through(job, reply["JobModifyIndex"], key.region)
        region = self.functions.picture.regions[key.region]
        region.deployments[key] = DeploymentRecord("d", 3, status, "")

    async def pass_over(self, after_s: float = 0) -> None:
        self.variables.now_ns += int(after_s * 1e9)
        await self.repair.pass_over()
        index = self.variables.index
        await self.repair.pass_over()
        assert self.variables.index == index


@pytest.fixture
async def site() -> Site:
    found = Site()
    await found.store.create("default", "a", b"one")
    await found.store.create("default", "b", b"one")
    return found


async def test_an_update_cut_short_after_the_master_reaches_the_copies(site: Site) -> None:
    site.deploy(secrets=["a"])
    await site.store.prepare(*KEY[:2], ["a"])
    site.variables.write(master_path("a"), {VALUE: TWO})

    await site.pass_over()

    assert site.variables.items(TASK) == {"a": TWO, MARK: "1"}


async def test_a_copy_that_is_gone_is_made_again(site: Site) -> None:
    site.deploy(secrets=["a"])

    await site.pass_over()

    assert site.variables.items(TASK) == {"a": ONE, MARK: "1"}


async def test_a_deleted_secret_keeps_its_copies(site: Site) -> None:
    site.deploy(secrets=["a", "b"])
    await site.store.prepare(*KEY[:2], ["a", "b"])
    await site.store.delete("default", "a")

    await site.pass_over(after_s=2 * GRACE_S)

    assert site.variables.items(TASK) == {"a": ONE, "b": ONE, MARK: "1"}


async def test_copies_without_a_function_go_once_they_were_left_alone(site: Site) -> None:
    await site.store.prepare(*KEY[:2], ["a"])

    await site.pass_over(after_s=GRACE_S - 1)
    assert ("default", TASK) in site.variables.rows

    await site.pass_over(after_s=1)
    assert ("default", TASK) not in site.variables.rows


async def test_copies_of_a_job_that_only_nomad_knows_stay(site: Site) -> None:
    """Stopped by hand, or another installation's whose prefix begins with ours."""
    await site.store.prepare(*KEY[:2], ["a"])
    site.nomad.put(KEY, job_of(deployment()))

    await site.pass_over(after_s=GRACE_S)

    assert ("default", TASK) in site.variables.rows


async def test_a_variable_of_somebody_else_on_a_job_s_path_stays(site: Site) -> None:
    site.variables.write(TASK, {"theirs": "x"})
    site.deploy()

    await site.pass_over(after_s=GRACE_S)

    assert site.variables.items(TASK) == {"theirs": "x"}


async def test_what_a_function_names_no_more_goes_once_its_update_succeeded(site: Site) -> None:
    await site.store.prepare(*KEY[:2], ["a", "b"])
    site.deploy(secrets=["b"])

    await site.pass_over(after_s=GRACE_S)

    assert site.variables.items(TASK) == {"b": ONE, MARK: "1"}


async def test_the_last_secret_of_a_function_takes_the_variable_with_it(site: Site) -> None:
    await site.store.prepare(*KEY[:2], ["a"])
    site.deploy()

    await site.pass_over(after_s=GRACE_S)

    assert ("default", TASK) not in site.variables.rows


@pytest.mark.parametrize("status", ["running", "failed", "cancelled"])
async def test_while_an_older_version_may_come_back_its_secrets_stay(
    site: Site, status: str
) -> None:
    await site.store.prepare(*KEY[:2], ["a", "b"])
    site.deploy(secrets=["b"], status=status)

    await site.pass_over(after_s=GRACE_S)

    assert "a" in site.variables.items(TASK)


async def test_a_copy_that_is_written_meanwhile_is_not_shrunk(site: Site) -> None:
    """Another instance deploys a version that names `a` again, between our reading and writing."""
    await site.store.prepare(*KEY[:2], ["a", "b"])
    site.deploy(secrets=["b"])
    both = site.variables.items(TASK)
    site.variables.now_ns = LATER_NS
    site.variables.before_put.append(lambda: site.variables.write(TASK, both))

    await site.repair.pass_over()

    assert site.variables.items(TASK) == both


async def test_one_function_s_trouble_does_not_keep_the_others_from_repair(site: Site) -> None:
    site.deploy(secrets=["a", "b"])
    await site.store.prepare(*KEY[:2], ["a", "b"])
    site.variables.write(master_path("a"), {VALUE: "x" * 40_000})
    site.variables.write(master_path("b"), {VALUE: "x" * 40_000})
    await site.store.prepare("default", "openfaas-gone", [])
    site.variables.write(copy_paths("openfaas-gone")[0], {"a": ONE, MARK: "1"})

    await site.pass_over(after_s=GRACE_S)

    assert site.variables.items(TASK)["a"] == ONE
    assert ("default", copy_paths("openfaas-gone")[0]) not in site.variables.rows


async def test_a_steady_site_costs_two_lists_and_no_value(site: Site) -> None:
    site.deploy(secrets=["a"])
    await site.store.prepare(*KEY[:2], ["a"])
    await site.pass_over(after_s=GRACE_S)
    site.variables.reads.clear()

    await site.repair.pass_over()

    assert site.variables.reads == []


async def test_other_namespaces_are_left_alone(site: Site) -> None:
    path = copy_paths("openfaas-x")[0]
    site.variables.write(path, {"a": ONE, MARK: "1"}, "of-b")

    await site.pass_over(after_s=GRACE_S)

    assert ("of-b", path) in site.variables.rows


async def test_a_copy_in_another_region_is_mended_there_and_one_away_stops_no_other(
    site: Site,
) -> None:
    west, north = (site.variables.in_region(region) for region in ("west", "north"))
    site.follow("north", "west")
    site.deploy(KEY._replace(region="west"), secrets=["a"])
    north.failure = UnreachableError("no path to region")

    with pytest.raises(UnreachableError):
        await site.repair.pass_over()

    assert west.items(TASK) == {"a": ONE, MARK: "1"}
    assert ("default", TASK) not in site.variables.rows
    north.failure = None
    index = west.index
    await site.pass_over()
    assert west.index == index


async def test_copies_of_no_function_are_removed_in_another_region_too(site: Site) -> None:
    west = site.variables.in_region("west")
    site.follow("west")
    await site.store.in_region("west").prepare("default", "openfaas-gone", ["a"])

    await site.pass_over(after_s=2 * GRACE_S)

    assert west.rows == {}
