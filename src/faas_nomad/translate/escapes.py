"""User text made inert for Nomad's replacement engines. Pure.

Nomad replaces `${name}` in `Env` by a regular expression without an escape syntax, and evaluates
driver `Config` as HCL templates. Text in templates' `EmbeddedTmpl` is never the user's.
Sources: nomad `helper/args`, `client/taskenv`, `helper/pluginutils/hclutils` (v1.11).
"""

DOLLAR_META = "of_dollar"
"""The job's Meta key that holds a dollar sign; one pass of replacement gives it back."""

_SPLIT_REFERENCE = f"${{NOMAD_META_{DOLLAR_META}}}{{"


def env_text(text: str) -> str:
    """Return `text` for a task's `Env`: the function finds it unchanged in its environment."""
    return text.replace("${", _SPLIT_REFERENCE)


def config_text(text: str) -> str:
    """Return `text` for a driver's `Config`: the driver gets it unchanged."""
    return text.replace("${", "$${").replace("%{", "%%{")


def json_text(text: str) -> str:
    """Return a JSON document without `${`: equal to a JSON reader, inert in the environment.

    A job's Meta is shown to its task as `NOMAD_META_…`, where `${name}` is replaced too.
    """
    return text.replace("${", "\\u0024{")
