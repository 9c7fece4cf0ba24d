"""What a back end's refusal or absence looks like to the rest of the service. Pure.

`api.errors` has the HTTP status for each.
"""

from collections.abc import Iterator
from contextlib import contextmanager

_ODD = (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, RecursionError)
"""What comes of data that is not as expected."""
MAX_SHOWN_CHARS = 200


class BackendError(Exception):
    """Any failure of a call to a back end; `str(e)` is one line fit for a log or a caller."""


class UnreachableError(BackendError):
    """The back end could not be asked, or had no leader, until the time limit. Try again later."""


class InterruptedCallError(UnreachableError):
    """The connection broke after the request was sent: it may or may not have been carried out.

    The caller reads the present state before it tries again.
    """


class NotFoundError(BackendError):
    """The back end has no such object."""


class DeniedError(BackendError):
    """The token is missing, expired, or lacks a right."""


class ConflictError(BackendError):
    """Somebody else wrote first: read again and decide anew."""


class RejectedError(BackendError):
    """The back end understood the request and refused it; its reason is in the text."""


class InvalidJobError(RejectedError):
    """The back end found what was sent invalid: the deployment has to change."""


class UnexpectedReplyError(BackendError):
    """The back end's answer is not what its API promises."""


@contextmanager
def expected(whose: str, *, is_secret: bool = False) -> Iterator[None]:
    """Take what a back end said; whatever comes of it that nobody expects is its doing.

    Of what `is_secret` nothing is shown.

    Raises:
        UnexpectedReplyError: Something came of it.
    """
    try:
        yield
    except _ODD as err:
        found = type(err).__name__ if is_secret else repr(err)[:MAX_SHOWN_CHARS]
        raise UnexpectedReplyError(f"{whose} is not as promised: {found}") from err
