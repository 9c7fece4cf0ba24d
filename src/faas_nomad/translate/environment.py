"""A function's environment. Pure."""

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.escapes import env_text
from faas_nomad.translate.network import FUNCTION_PORT, PORT_LABEL
from faas_nomad.translate.policy import JobPolicy


def task_env(
    fn: FunctionDeployment,
    policy: JobPolicy,
    driver_env: dict[str, str],
    *,
    in_mesh: bool = False,
) -> dict[str, str]:
    """Return the task's Env: the platform's variables, over them the user's, then the process.

    Nothing that the user wrote is interpolated. `envProcess` wins over a variable `fprocess`.
    """
    user_env = {key: env_text(value) for key, value in fn.env_vars.items()}
    process = {"fprocess": env_text(fn.env_process)} if fn.env_process else {}
    return {
        "OPENFAAS_NAME": fn.service,
        "OPENFAAS_NAMESPACE": fn.namespace or policy.function_namespace,
        **driver_env,
        **user_env,
        **process,
        "port": str(FUNCTION_PORT) if in_mesh else f"${{NOMAD_PORT_{PORT_LABEL}}}",
    }
