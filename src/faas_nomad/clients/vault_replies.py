"""Vault's answers that hvac takes for good ones, or for errors of what was asked.

hvac returns every answer below 400 as it is: a write that was redirected would seem to be done.
Sources: hvac 2.4 `adapters.py`; vault `http/handler.go` (`respondStandby`: a standby server that
cannot pass a request on answers 307).
"""

from typing import Any
from urllib.parse import urlsplit

import requests

from faas_nomad.clients.errors import UnexpectedReplyError, UnreachableError

_PASSING = (408, 412, 504)
"""Besides those that hvac knows; 412: a standby server has not caught up yet."""


def check_reply(response: requests.Response, *_args: Any, **_kwargs: Any) -> None:
    """Let good answers and the errors that hvac knows pass; a hook of requests.

    Raises:
        UnreachableError: It comes from a server that cannot answer now, or sends us elsewhere,
            where the token is not taken.
        UnexpectedReplyError: It is not from Vault.
    """
    status = response.status_code
    if 300 <= status < 400:
        raise UnreachableError(f"Vault answered {status}: {_elsewhere(response)}")
    if status in _PASSING:
        raise UnreachableError(f"Vault is not able to answer: {status}")
    if status == 200 and not _is_object(response):
        raise UnexpectedReplyError("the answer is no JSON object: is vault_addr that of Vault?")


def _elsewhere(response: requests.Response) -> str:
    there = urlsplit(response.headers.get("Location", ""))
    if not there.hostname:
        return "it sends us elsewhere"
    address = f"{there.scheme}://{there.netloc.rpartition('@')[2]}"
    return f"it sends us to {address}; vault_addr has to be a server that answers itself"


def _is_object(response: requests.Response) -> bool:
    try:
        return isinstance(response.json(), dict)
    except ValueError:
        return False
