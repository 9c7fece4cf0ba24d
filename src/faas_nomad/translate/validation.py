"""Names, image, environment, labels: what may be in a deployment at all. Pure.

Sources: RFC 1123 labels (Nomad's service names, 63 characters), nomad `structs.validNamespaceName`,
`execve(2)` for the environment, and faas-cli's own limits.
"""

import re
from collections.abc import Mapping

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.errors import InvalidDeploymentError, entry
from faas_nomad.translate.secret_names import is_secret_name

MAX_SERVICE_NAME = 63
MAX_IMAGE = 2048
MAX_KEY = 317
"""A Kubernetes annotation's key: a 253-character domain, a slash and a name of 63."""
MAX_ENV_KEY = 255

FUNCTION_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
NAMESPACE = re.compile(r"[a-zA-Z0-9-]{1,128}")

RESERVED_ENV = "port"
"""The watchdog's port: Nomad decides it."""
NOMAD_ENV = "NOMAD_"
"""Nomad's own variables feed its interpolation; a task's environment would override them."""


def check_deployment(fn: FunctionDeployment, job_name_prefix: str) -> None:
    """Refuse names and texts that no function may have.

    Raises:
        InvalidDeploymentError: The first such field.
    """
    check_function_name(fn.service, job_name_prefix)
    if fn.namespace:
        check_namespace(fn.namespace)
    _check_image(fn.image)
    _check_text("envProcess", fn.env_process, shown=True)
    _check_environment(fn.env_vars)
    _check_texts("labels", fn.labels)
    _check_texts("annotations", fn.annotations)
    for index, name in enumerate(fn.secrets):
        if not is_secret_name(name):
            raise InvalidDeploymentError(f"secrets[{index}]", None, "the name of a secret")


def check_function_name(name: str, job_name_prefix: str, field: str = "service") -> None:
    """Refuse a name that makes no service name once it bears the prefix."""
    most = MAX_SERVICE_NAME - len(job_name_prefix)
    if len(name) <= most and FUNCTION_NAME.fullmatch(name):
        return
    raise InvalidDeploymentError(
        field,
        name,
        f"a name of 1 to {most} lower-case letters, digits and dashes, no dash first or last",
    )


def check_namespace(name: str, field: str = "namespace") -> None:
    """Refuse what Nomad would not take for a namespace's name."""
    if not NAMESPACE.fullmatch(name):
        raise InvalidDeploymentError(field, name, "a name of 1 to 128 letters, digits and dashes")


def _check_image(image: str) -> None:
    if not 0 < len(image) <= MAX_IMAGE:
        raise InvalidDeploymentError("image", image, f"a name of 1 to {MAX_IMAGE} characters")
    if not image.isprintable() or " " in image:
        raise InvalidDeploymentError("image", image, "without spaces and control characters")


def _check_environment(env_vars: Mapping[str, str]) -> None:
    for key, value in env_vars.items():
        _check_env_key(key)
        _check_text(entry("envVars", key), value, shown=False)


def _check_env_key(key: str) -> None:
    if not 0 < len(key) <= MAX_ENV_KEY or not key.isprintable() or "=" in key:
        raise InvalidDeploymentError(
            "envVars", key, f"a name of 1 to {MAX_ENV_KEY} printable characters without ="
        )
    if key.startswith(NOMAD_ENV) or key == RESERVED_ENV:
        raise InvalidDeploymentError("envVars", key, "a name that a function may set")


def _check_texts(field: str, source: Mapping[str, str]) -> None:
    for key, text in source.items():
        if not 0 < len(key) <= MAX_KEY or not key.isprintable() or " " in key:
            raise InvalidDeploymentError(
                field, key, f"a key of 1 to {MAX_KEY} printable characters without spaces"
            )
        _check_text(entry(field, key), text, shown=True)


def _check_text(field: str, text: str, *, shown: bool) -> None:
    if "\0" in text:
        raise InvalidDeploymentError(field, text if shown else None, "free of NUL characters")
