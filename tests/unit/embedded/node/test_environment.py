"""A task's environment."""

from faas_nomad.embedded.node.environment import (
    TaskPaths,
    interpolation_values,
    task_environment,
    task_meta,
)
from faas_nomad.embedded.records import Port
from support.embedded_cluster import KEY, NODE, ScriptedCluster
from support.nomad_job_specs import web_job

PATHS = TaskPaths("/d/alloc", "/d/fn", "/d/fn/local", "/d/fn/secrets")


def environment(env: dict[str, str], inherited: dict[str, str] | None = None) -> dict[str, str]:
    from dataclasses import replace

    at = ScriptedCluster()
    at.register(web_job(KEY[1], Env=env))
    alloc = replace(at.allocs()[0], ports=(Port("http", 20_001, 8080), Port("x", 20_002)))
    task = alloc.job["TaskGroups"][0]["Tasks"][0]
    return task_environment(alloc, task, NODE, PATHS, inherited or {})


def test_a_port_inside_and_outside_are_told_apart() -> None:
    env = environment({})

    assert (env["NOMAD_PORT_http"], env["NOMAD_HOST_PORT_http"]) == ("8080", "20001")
    assert env["NOMAD_ADDR_http"] == "127.0.0.1:20001"
    assert (env["NOMAD_PORT_x"], env["NOMAD_HOST_PORT_x"]) == ("20002", "20002")


def test_a_tasks_own_variables_win_and_are_interpolated() -> None:
    env = environment({"NOMAD_GROUP_NAME": "mine", "port": "${NOMAD_PORT_http}", "k": "${attr.x}"})

    assert (env["NOMAD_GROUP_NAME"], env["port"], env["k"]) == ("mine", "8080", "${attr.x}")


def test_little_of_our_own_environment_is_passed_on() -> None:
    env = environment({}, {"PATH": "/bin", "AWS_SECRET_ACCESS_KEY": "x"})

    assert env["PATH"] == "/bin"
    assert "AWS_SECRET_ACCESS_KEY" not in env


def test_the_nearer_meta_wins() -> None:
    job = web_job(KEY[1], Meta={"openfaas": "task"})
    job["TaskGroups"][0]["Meta"] = {"openfaas": "group", "g": "1"}
    at = ScriptedCluster()
    at.register(job)
    (alloc,) = at.allocs()

    meta = task_meta(alloc, alloc.job["TaskGroups"][0]["Tasks"][0])

    assert (meta["openfaas"], meta["g"]) == ("task", "1")
    values = interpolation_values({"A": "1"}, NODE, meta)
    assert (values["A"], values["env.A"], values["meta.g"]) == ("1", "1", "1")
    assert values["attr.kernel.name"] == "linux"
