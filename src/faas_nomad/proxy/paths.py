"""Splits the target of an invocation. Pure; raw bytes stay as they came."""

FUNCTION_PREFIX = b"/function/"
_START = len(FUNCTION_PREFIX)


def split_invocation(target: bytes) -> tuple[bytes, bytes]:
    """Return the function's segment and the path and query for the function.

    `target` begins with `/function/`. The path is `/` when there is none; the segment may be empty.
    """
    slash = target.find(b"/", _START)
    query = target.find(b"?", _START)
    if query < 0:
        return (target[_START:slash], target[slash:]) if slash >= 0 else (target[_START:], b"/")
    if 0 <= slash < query:
        return target[_START:slash], target[slash:]
    return target[_START:query], b"/" + target[query:]
