"""The variables `${NAME}` of a stack file, filled in before its YAML is read. Pure.

Source: openfaas go-sdk `stack/`; forms that faas-cli reads beyond these are refused.
"""

import re
from collections.abc import Iterator, Mapping

from faas_nomad.translate.stack_document import StackFileError

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::?([-=])([^${}]*))?\}")


def with_variables(text: str, environ: Mapping[str, str]) -> str:
    """Return `text` with `${NAME}`, `${NAME:-default}` and `${NAME=default}` filled in.

    Raises:
        StackFileError: There is another form, which faas-cli might understand.
    """
    return "".join(_pieces(text, environ))


def _pieces(text: str, environ: Mapping[str, str]) -> Iterator[str]:
    end = 0
    for found in re.finditer(r"\$\$|\\[/\\]|\$\{", text):
        if found.start() < end:
            continue
        yield text[end : found.start()]
        if found[0] != "${":
            yield found[0][1]
            end = found.end()
            continue
        variable = _VARIABLE.match(text, found.start())
        if variable is None:
            line = text.count("\n", 0, found.start()) + 1
            raise StackFileError(
                f"line {line}: a variable that is not ${{NAME}}, ${{NAME:-default}} or "
                "${NAME=default}"
            )
        yield environ.get(variable[1]) or (variable[3] or "")
        end = variable.end()
    yield text[end:]
