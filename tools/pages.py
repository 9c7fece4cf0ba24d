"""Writes the pages of the documentation that follow from the code; `--check` only compares.

`make pages` writes them, a test compares them, `make docs` builds the whole.
"""

import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from faas_nomad.api.app import application
from faas_nomad.settings import reference
from faas_nomad.settings.page import Settings
from faas_nomad.translate.annotations import ANNOTATIONS, OPENFAAS_KEYS, PREFIX
from faas_nomad.translate.troubles import KINDS
from faas_nomad.wiring.parts import build

DOCS = Path(__file__).parent.parent / "docs"
NOTE = "<!-- Made by `make pages` from the code; changes belong there. -->\n"


def pages() -> dict[str, str]:
    """Return the text of each generated page by its file's name."""
    return {
        "settings.md": NOTE + _settings(),
        "annotations.md": NOTE + _annotations(),
        "api.md": NOTE + _api(),
    }


def _settings() -> str:
    return f"""
# Settings

A flag (`--nomad-addr URL`) beats the environment (`NOMAD_ADDR` or `nomad_addr`), that beats the file named by `--config` or `FAAS_NOMAD_CONFIG` (YAML, TOML or HCL), that the default. Names after the first are those of the Nomad, Consul and Vault CLIs and of the earlier providers, and mean the same. `faas-nomad config` prints every setting, its value (secrets masked) and where it came from; whatever is wrong is told at once and by name. Those with ↻ can be changed while serving, see [Reloading](production.md#reloading).

{reference.markdown()}"""


def _annotations() -> str:
    rows = "\n".join(
        f"| `{PREFIX}{one.name}` | {one.type} | {_cell(one.meaning)} |" for one in ANNOTATIONS
    )
    kinds = ", ".join(KINDS)
    openfaas = "\n".join(
        f"| `{one.name}` | {one.type} | {_cell(one.meaning)} |" for one in OPENFAAS_KEYS
    )
    return f"""
# Annotations and labels

A key below `{PREFIX}` that is not in this table, or a value that is not understood, is refused with the field, the value and what was expected. The same keys are read from labels, where users of the earlier provider have their `{PREFIX}update.*`; an annotation and a label that say different things are refused too. Durations are `90s`, `1m30s` or whole seconds.

| annotation | value | meaning |
|---|---|---|
{rows}

What the provider itself says of a function is below `{PREFIX}status.`, only while the function is not ready, and is dropped from what is deployed: `reason` is a word ({kinds}), `message` a line that says what Nomad told.

`docker.OPTION` and `podman.OPTION` are limited to options that cannot break out of a function: an attempt at another one names those that are allowed. `cap_add` takes what the docker plugin's `allow_caps` says; podman's plugin limits nothing, so there it takes what `allow_caps` says where nobody has changed it.

## OpenFaaS's own

| label or annotation | value | meaning |
|---|---|---|
{openfaas}
"""


def _api() -> str:
    services = build(Settings(), None).services
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one function answers GET and HEAD
        schema = application(services).openapi()
    rows = "\n".join(_routes(schema["paths"]))
    return f"""
# API

What the [OpenFaaS API](https://docs.openfaas.com/reference/rest-api/) of a provider is, on the gateway address and on the provider address. Errors are one line of plain text: the field, the value, what was expected.

| call | what it does | query |
|---|---|---|
{rows}
| GET `/system/logs` | Answer the lines that all replicas of a function wrote, see [logs](logs.md). | `name`, `namespace`, `instance`, `tail`, `since`, `follow` |
| any method `/function/NAME[.NAMESPACE]/…` | Invoke a function; the rest of the path, the query, head, body and answer pass through, streaming both ways, WebSockets too. | passed on |

| status | when |
|---|---|
| 200, 202 | done, or accepted: a deployment is accepted once Nomad holds the job |
| 400 | the body, a field or Nomad's own check of the job; the text says which |
| 401 | basic auth is on and was not given |
| 404 | no such function, secret or route |
| 409 | it exists already, or somebody else wrote at the same time |
| 422 | a parameter of a log request that cannot be read |
| 413 | a body over `max_system_body` or `max_body_bytes` |
| 502 | a replica broke off, or a back end answered what it should not, or refused the token |
| 503 | no replica is ready, more requests wait than `max_waiting_requests`, or a back end cannot be reached: try again |
| 504 | the function said nothing for `upstream_timeout`, or no replica came or was free in time |
"""


def _routes(paths: dict[str, Any]) -> Iterator[str]:
    for path, methods in paths.items():
        for method, route in methods.items():
            if method == "head":
                continue
            about = " ".join(route.get("description", "").split("\n\n")[0].split())
            query = ", ".join(
                f"`{one['name']}`" for one in route.get("parameters", []) if one["in"] == "query"
            )
            yield f"| {method.upper()} `{path}` | {_cell(about)} | {query} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` tell which would change; return the exit code."""
    stale = [name for name, text in pages().items() if _present(name) != text]
    if "--check" in arguments:
        for name in stale:
            print(f"docs/{name} does not fit the code: make pages", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        (DOCS / name).write_text(pages()[name], encoding="utf-8")
        print(f"docs/{name} written")
    return 0


def _present(name: str) -> str:
    file = DOCS / name
    return file.read_text(encoding="utf-8") if file.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
