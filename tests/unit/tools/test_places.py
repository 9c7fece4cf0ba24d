"""Where programs are kept, and what their processes are not told."""

from pathlib import Path

from faas_nomad.tools.catalog import Version
from faas_nomad.tools.places import cached_path, child_environment, tools_folder


def test_a_program_lies_below_its_name_and_version() -> None:
    path = cached_path({"HOME": "/home/ada"}, "nomad", Version(1, 11, 1))

    assert path == Path("/home/ada/.cache/faas-nomad/tools/nomad/1.11.1/nomad")


def test_the_users_cache_folder_is_honoured() -> None:
    environ = {"HOME": "/home/ada", "XDG_CACHE_HOME": "/fast"}

    assert tools_folder(environ) == Path("/fast/faas-nomad/tools")


def test_a_relative_cache_folder_is_ignored_as_the_specification_says() -> None:
    environ = {"HOME": "/home/ada", "XDG_CACHE_HOME": "fast"}

    assert tools_folder(environ) == Path("/home/ada/.cache/faas-nomad/tools")


def test_without_a_home_variable_the_users_own_home_is_used() -> None:
    assert tools_folder({}) == Path.home() / ".cache/faas-nomad/tools"


def test_a_child_is_not_told_of_the_certificates_that_stop_a_nomad_agent() -> None:
    environ = {"AWS_CA_BUNDLE": "/etc/ssl/ca.pem", "PATH": "/bin"}

    assert child_environment(environ) == {"PATH": "/bin"}
