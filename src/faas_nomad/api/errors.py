"""The one table from errors to status codes; every error body is one line of plain text."""

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response

from faas_nomad.api.bodies import BadBodyError, BodyTooLargeError
from faas_nomad.clients.errors import (
    BackendError,
    ConflictError,
    DeniedError,
    InvalidJobError,
    NotFoundError,
    RejectedError,
    UnexpectedReplyError,
    UnreachableError,
)
from faas_nomad.clients.secret_store import NoSuchSecretError, SecretExistsError
from faas_nomad.operations.errors import (
    AlertsFailedError,
    FunctionExistsError,
    NamespaceDeniedError,
    NamespaceExistsError,
    NamespaceInUseError,
    NamespaceNotFoundError,
    NoSuchFunctionError,
    NoSuchNamespaceError,
    NotKnownYetError,
)
from faas_nomad.operations.function_logs.bounds import TooManyLogsError
from faas_nomad.operations.function_logs.reading import NoSuchInstanceError
from faas_nomad.translate.errors import InvalidDeploymentError, InvalidNamespaceError
from faas_nomad.translate.log_query import InvalidLogQueryError
from faas_nomad.translate.secret_names import InvalidSecretError

STATUS: dict[type[Exception], int] = {
    BadBodyError: 400,
    BodyTooLargeError: 413,
    InvalidDeploymentError: 400,
    InvalidSecretError: 400,
    NoSuchNamespaceError: 400,
    InvalidNamespaceError: 400,
    NamespaceNotFoundError: 404,
    NamespaceExistsError: 409,
    NamespaceInUseError: 409,
    NamespaceDeniedError: 403,
    NoSuchFunctionError: 404,
    NoSuchInstanceError: 404,
    InvalidLogQueryError: 422,
    TooManyLogsError: 503,
    FunctionExistsError: 409,
    AlertsFailedError: 500,
    NoSuchSecretError: 404,
    SecretExistsError: 409,
    NotKnownYetError: 503,
    ConflictError: 409,
    NotFoundError: 404,
    InvalidJobError: 400,
    RejectedError: 500,
    UnexpectedReplyError: 502,
    DeniedError: 502,
    UnreachableError: 503,
    BackendError: 500,
}


MAX_LINE_CHARS = 1000
WRONG_CREDENTIALS = "invalid credentials"
CHALLENGE = {"WWW-Authenticate": 'Basic realm="Restricted"'}


def plain(text: str, status: int) -> Response:
    """Return an error answer as Go's `http.Error` writes it."""
    headers = {"X-Content-Type-Options": "nosniff"}
    return PlainTextResponse(text + "\n", status, headers)


def install_error_handlers(app: FastAPI) -> None:
    """Make `app` answer every error of `STATUS`, and unknown routes, with plain text."""
    for error in STATUS:
        app.add_exception_handler(error, _answer)
    app.add_exception_handler(HTTPException, _answer_http)


def answer_for(err: Exception) -> Response | None:
    """Return the answer that `err` stands for; None for one that should not happen."""
    status = next((STATUS[kind] for kind in type(err).__mro__ if kind in STATUS), None)
    return None if status is None else plain(_printable(str(err)), status)


def _printable(text: str) -> str:
    """Return `text`, in which a caller's own names may be, as one line that moves no cursor."""
    return "".join(char if char.isprintable() else "?" for char in text[:MAX_LINE_CHARS])


def unauthorized() -> Response:
    """Return the answer to a call without the right credentials."""
    answer = plain(WRONG_CREDENTIALS, 401)
    answer.headers.update(CHALLENGE)
    return answer


async def _answer(request: Request, err: Exception) -> Response:
    request.state.why = str(err)  # for the log
    answer = answer_for(err)
    assert answer is not None, "only what is in the table comes here"
    return answer


async def _answer_http(_request: Request, err: Exception) -> Response:
    assert isinstance(err, HTTPException)
    if err.status_code == 405:
        return Response(status_code=405, headers=err.headers)
    text = "404 page not found" if err.status_code == 404 else err.detail
    answer = plain(text, err.status_code)
    answer.headers.update(err.headers or {})
    return answer
