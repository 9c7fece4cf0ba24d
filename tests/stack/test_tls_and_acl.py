"""With ACLs and mutual TLS on Nomad and a token of the shipped policy: the main stack tests again.

What is imported is collected here, in this world; and credentials are replaced while it serves.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from stack.test_functions import (
    test_a_deleted_function_is_gone_everywhere,
    test_a_function_comes_back_from_list_and_status_as_it_was_sent,
    test_a_second_deploy_of_the_same_name_is_refused_and_changes_nothing,
    test_an_update_replaces_what_the_function_runs,
)
from stack.test_logs import test_both_outputs_of_a_function_are_read
from stack.test_scaling import (
    test_a_function_scales_up_and_every_replica_gets_requests,
    test_a_function_sleeps_at_zero_and_an_invocation_wakes_it,
    test_a_replica_that_dies_is_replaced,
)
from stack.test_secrets import (
    functions,
    site,
    test_a_function_reads_its_secrets_byte_for_byte_from_read_only_files,
    test_an_update_reaches_every_running_replica_without_a_restart,
    test_the_whole_life_of_a_secret,
)
from support.functions import Functions
from support.secure_nomad import PROVISIONING, SecureNomad
from support.service import run_service
from support.waiting import wait_until
from support.world import SECURE, World

__all__ = [
    "functions",
    "site",
    "test_a_deleted_function_is_gone_everywhere",
    "test_a_function_comes_back_from_list_and_status_as_it_was_sent",
    "test_a_function_reads_its_secrets_byte_for_byte_from_read_only_files",
    "test_a_function_scales_up_and_every_replica_gets_requests",
    "test_a_function_sleeps_at_zero_and_an_invocation_wakes_it",
    "test_a_replica_that_dies_is_replaced",
    "test_a_second_deploy_of_the_same_name_is_refused_and_changes_nothing",
    "test_an_update_reaches_every_running_replica_without_a_restart",
    "test_an_update_replaces_what_the_function_runs",
    "test_both_outputs_of_a_function_are_read",
    "test_the_whole_life_of_a_secret",
]

pytestmark = pytest.mark.parametrize("world", [SECURE], indirect=True)
PREFIX = "rotated-"
WITHIN_S = 30.0


@pytest.fixture(scope="module")
def secure(world: World) -> SecureNomad:
    assert world.secure is not None
    return world.secure


def test_a_token_file_that_is_replaced_is_used_when_the_old_token_is_gone(
    world: World, secure: SecureNomad, tmp_path: Path
) -> None:
    settings = world.settings(PREFIX)
    with run_service(tmp_path, world.nomad_url, settings) as service:
        service.wait_for_nomad()
        with Functions(world, service) as deployed:
            deployed.deploy(world.deployment())
            old = secure.ask("GET", "/v1/acl/tokens")
            names = {one["AccessorID"] for one in old if one["Name"] == "faas-nomad-rotated"}

            fresh = secure.new_token("faas-nomad-rotated")["SecretID"]
            Path(settings["nomad_token_file"]).write_text(fresh)
            for accessor in names:
                secure.ask("DELETE", f"/v1/acl/token/{accessor}")

            deployed.deploy(world.deployment())


def test_certificates_that_are_replaced_are_used_without_a_restart(
    world: World, secure: SecureNomad, tmp_path: Path
) -> None:
    """Begun with those of another authority, which neither side believes."""
    other, used = tmp_path / "other", tmp_path / "used"
    script = str(PROVISIONING / "tls" / "apply.sh")
    subprocess.run([script, str(other)], check=True, capture_output=True, timeout=60)
    files = ("ca.pem", "faas-nomad.pem", "faas-nomad-key.pem")
    used.mkdir()
    for file in files:
        shutil.copy(other / file, used)
    settings = {
        **world.settings(PREFIX),
        "nomad_cacert": str(used / "ca.pem"),
        "nomad_client_cert": str(used / "faas-nomad.pem"),
        "nomad_client_key": str(used / "faas-nomad-key.pem"),
    }
    with run_service(tmp_path, world.nomad_url, settings) as service:
        said = service.child.log_file
        wait_until(lambda: "certificate verify failed" in said.read_text(), "refused", WITHIN_S)
        assert not service.knows_nomad()

        for file in files:
            shutil.copy(secure.tls / file, used)

        wait_until(service.knows_nomad, "the new certificates are used", WITHIN_S)
