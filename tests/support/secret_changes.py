"""Functions that read their secrets at the start, and what they know of them."""

import time
from contextlib import AbstractContextManager

from support.functions import Functions
from support.load import Report, load
from support.secret_site import SecretSite
from support.waiting import wait_until

VISIBLE_WITHIN_S = 45.0
"""Thrice what is promised on a machine at rest: the tests print how long it took."""
RATE = 100.0
MODE = "com.openfaas.nomad.secrets.change_mode"
SIGNAL = "com.openfaas.nomad.secrets.change_signal"


def deployed(
    site: SecretSite, functions: Functions, count: int, annotations: dict[str, str]
) -> tuple[str, str, str]:
    """Deploy a function with a secret; return its name, the secret's and its value."""
    value = site.text()
    secret = site.create(value)
    sent = functions.world.deployment(
        secrets=[secret],
        annotations=annotations,
        labels={"com.openfaas.scale.min": str(count)},
    )
    return functions.deploy(sent, available=count), secret, value


def running(functions: Functions, function: str) -> set[str]:
    return {str(alloc["ID"]) for alloc in functions.allocations(function)}


def known_by(functions: Functions, function: str, secret: str) -> tuple[str, str]:
    """Return a replica and the value that it knows."""
    answer = functions.invoke(function, headers={"X-Echo-Known-Secret": secret})
    assert answer.status_code == 200
    return answer.headers["X-Echo-Instance"], answer.text


def seconds_until_known(
    functions: Functions, function: str, secret: str, value: str, replicas: int
) -> float:
    """Wait until so many replicas in a row, and nobody else, know the value; return how long."""
    began_s = time.monotonic()

    def known() -> bool:
        answers = [known_by(functions, function, secret) for _ in range(6 * replicas)]
        knowing = {instance for instance, found in answers if found == value}
        return len(knowing) == replicas and all(found == value for _, found in answers)

    wait_until(known, f"{replicas} replicas know the new value", VISIBLE_WITHIN_S)
    return time.monotonic() - began_s


def loaded(functions: Functions, function: str) -> AbstractContextManager[Report]:
    return load(functions.sdk.binary, functions.url(function), rate=RATE, methods=("GET", "POST"))
