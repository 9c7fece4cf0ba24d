"""A function's environment."""

from support.deployments import deployment, policy, task_of


def test_the_platform_tells_a_function_its_name_and_port() -> None:
    env = task_of(deployment(envProcess=""))["Env"]

    assert env == {
        "OPENFAAS_NAME": "figlet",
        "OPENFAAS_NAMESPACE": "openfaas-fn",
        "port": "${NOMAD_PORT_http}",
    }


def test_another_namespace_is_told_as_it_was_sent() -> None:
    assert task_of(deployment(namespace="dev"))["Env"]["OPENFAAS_NAMESPACE"] == "dev"
    settings = policy(function_namespace="faas")
    assert task_of(deployment(), settings)["Env"]["OPENFAAS_NAMESPACE"] == "faas"


def test_the_process_wins_over_a_variable_of_the_same_name() -> None:
    env = task_of(deployment(envProcess="cat", envVars={"fprocess": "wc"}))["Env"]

    assert env["fprocess"] == "cat"
    assert task_of(deployment(envProcess="", envVars={"fprocess": "wc"}))["Env"]["fprocess"] == "wc"


def test_a_process_on_the_node_has_a_folder_of_its_own_for_temporary_files() -> None:
    assert task_of(deployment(), policy("raw_exec"))["Env"]["TMPDIR"] == "${NOMAD_ALLOC_DIR}/tmp"
    env = {"TMPDIR": "/var/tmp"}
    assert task_of(deployment(envVars=env), policy("raw_exec"))["Env"]["TMPDIR"] == "/var/tmp"
