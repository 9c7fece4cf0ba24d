"""Nomad's servers are stopped for longer than Nomad's own templates bear: `make soak`.

A client gives up a template after 12 attempts, about 5 minutes, and kills the task or never
renders again. The client here has the configuration that is shipped for that.
"""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.functions import Functions
from support.go_programs import build_go_program
from support.load import Report, load
from support.nomad_binary import require_nomad
from support.nomad_pair import NomadPair, run_nomad_pair
from support.secret_changes import MODE
from support.secret_site import SecretSite
from support.service import run_service
from support.vault_server import VaultServer, nomad_vault_block, run_vault
from support.waiting import wait_until
from support.world import EchoImage, World

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1200)]

OUTAGE_S = float(os.environ.get("SOAK_OUTAGE_S", "420"))
BACK_WITHIN_S = 60.0
ARRIVED_WITHIN_S = 60.0
RATE = 5.0
CLIENT_TEMPLATE = Path(__file__).parents[2] / "deploy" / "nomad" / "client-template.hcl"
MODES = ("noop", "signal", "restart")


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultServer]:
    with run_vault(tmp_path_factory.mktemp("vault")) as server:
        yield server


@pytest.fixture(scope="module")
def nomad(vault: VaultServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NomadPair]:
    with run_nomad_pair(
        require_nomad(),
        tmp_path_factory.mktemp("nomad"),
        client_files=(CLIENT_TEMPLATE,),
        more_config=nomad_vault_block(vault.address),
    ) as pair:
        vault.provision(NOMAD_JWKS_URL=f"{pair.address}/.well-known/jwks.json")
        yield pair


class Store:
    """Functions of every mode, each with a secret, on one of the two stores."""

    def __init__(self, name: str, functions: Functions, site: SecretSite) -> None:
        self.name, self.functions, self.site = name, functions, site
        self.secrets: dict[str, str] = {}

    def deploy(self) -> None:
        for mode in MODES:
            secret = self.site.create(self.site.text())
            sent = self.functions.world.deployment(secrets=[secret], annotations={MODE: mode})
            self.secrets[self.functions.deploy(sent)] = secret

    def update(self) -> dict[str, str]:
        """Change every secret; return the new values by function."""
        values = {function: self.site.text() for function in self.secrets}
        for function, value in values.items():
            self.site.check(self.site.sdk.update_secret(self.secrets[function], value))
        return values

    def has_read(self, values: dict[str, str]) -> bool:
        read = self.site.read
        return all(
            read(self.functions, function, self.secrets[function]).text == value
            for function, value in values.items()
        )

    def tasks(self) -> dict[str, tuple[str, int]]:
        """Return each function's one allocation and how often its task was restarted."""
        found: dict[str, tuple[str, int]] = {}
        for function in self.secrets:
            [alloc] = self.functions.allocations(function)
            found[function] = (alloc["ID"], alloc["TaskStates"]["fn"]["Restarts"])
        return found


@pytest.fixture(scope="module")
def stores(
    nomad: NomadPair, vault: VaultServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Store]]:
    role_id, secret_id = vault.app_role()
    in_vault = {
        "vault_addr": vault.address,
        "vault_app_role_id": role_id,
        "vault_app_secret_id": secret_id,
    }
    sdk, echo = build_go_program("sdk"), build_go_program("echo")
    with ExitStack() as stack:
        made = []
        for name, prefix, more in (("nomad", "soak-", {}), ("vault", "openfaas-", in_vault)):
            folder = tmp_path_factory.mktemp(name)
            image = EchoImage("functions/echo:1", process=str(echo))
            world = World("raw_exec", nomad.address, nomad.client_pid, sdk, image, folder)
            settings: dict[str, Any] = world.settings(prefix, **more)
            service = stack.enter_context(run_service(folder, nomad.address, settings))
            service.wait_for_nomad()
            site = stack.enter_context(SecretSite(world, service))
            functions = stack.enter_context(Functions(world, service))
            made.append(Store(name, functions, site))
        yield made
        for store in made:
            assert store.site.leaks() == []


def test_functions_with_secrets_outlive_an_outage_and_learn_what_changed_after_it(
    nomad: NomadPair, stores: list[Store]
) -> None:
    for store in stores:
        store.deploy()
    before = [store.tasks() for store in stores]
    with loads_on(stores) as loads:
        away_s = outage(nomad, stores)
        after = [store.tasks() for store in stores]
        for store in stores:
            print(f"{store.name}: new values everywhere {learn_new_values(store):.1f} s after")

    print(f"servers away for {away_s:.0f} s")
    assert after == before
    for name, report in loads.items():
        print(f"{name}: {report.requests} requests, {report.failed} failed")
        assert report.failed == 0, report
        assert report.requests > OUTAGE_S * RATE / 2


@contextmanager
def loads_on(stores: list[Store]) -> Iterator[dict[str, Report]]:
    """Keep requests coming to every function; the reports are whole when the block has ended."""
    with ExitStack() as stack:
        yield {
            f"{store.name} {mode}": stack.enter_context(
                load(
                    store.functions.sdk.binary,
                    store.functions.url(function),
                    rate=RATE,
                    methods=("GET",),
                    duration_s=OUTAGE_S + 300,
                )
            )
            for store in stores
            for mode, function in zip(MODES, store.secrets, strict=True)
        }


def outage(nomad: NomadPair, stores: list[Store]) -> float:
    """Stop the server for `OUTAGE_S`; return how long it was away once everybody is in touch."""
    nomad.stop_server()
    began_s = time.monotonic()
    while time.monotonic() - began_s < OUTAGE_S:
        for store in stores:
            assert store.functions.sdk.list().status == 200
        refused = stores[0].site.sdk.update_secret("any", "x")
        assert refused.status == 503, refused
        time.sleep(min(15.0, OUTAGE_S))
    away_s = time.monotonic() - began_s
    nomad.start_server()
    wait_until(nomad.node_is_ready, "the node is ready", BACK_WITHIN_S)
    for store in stores:
        store.functions.service.wait_for_nomad()
    return away_s


def learn_new_values(store: Store) -> float:
    """Change the secrets; return after how many seconds every function read its new one."""
    began_s = time.monotonic()
    values = store.update()
    wait_until(
        lambda: store.has_read(values),
        f"functions read the new secrets of {store.name}",
        ARRIVED_WITHIN_S,
    )
    took_s = time.monotonic() - began_s
    for function in values:
        store.functions.wait_updated(function)
    return took_s
