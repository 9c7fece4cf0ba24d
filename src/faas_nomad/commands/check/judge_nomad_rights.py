"""Has the Nomad token every right that the settings ask for; a new right is a line here. Pure.

Each is shown by a probe of `gather_nomad`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from faas_nomad.commands.check.facts import NomadFacts
from faas_nomad.commands.check.findings import Finding, failure, ok, warning
from faas_nomad.settings.page import Settings
from faas_nomad.translate.nomad_rights import capability_words, variable_words

POLICY_FILE = "provisioning/nomad/faas-nomad.policy.hcl"
MASTERS, COPIES, SCALING = "openfaas/secrets/*", "nomad/jobs/{prefix}*", "openfaas/scaling/*"


@dataclass(frozen=True)
class Right:
    """One right, the probe that shows it, and what goes wrong without it."""

    probe: str
    name: str
    without: str
    path: str = ""
    """Of variables; empty for a capability of the namespace."""
    is_needed: bool = True


# On variables, "list" comes with "read" and with "write".
RIGHTS = (
    Right("list-jobs", "list-jobs", "no function is seen"),
    Right("read-job", "read-job", "replicas and updates are not seen"),
    Right("submit-job", "submit-job", "nothing can be deployed, updated, scaled or removed"),
    Right("read-logs", "read-logs", "faas-cli logs shows nothing", is_needed=False),
    *(
        Right(f"{kind}-{name}", name, without, path)
        for kind, path in (("masters", MASTERS), ("copies", COPIES))
        for name, without in (
            ("read", "secrets cannot reach functions"),
            ("write", "secrets cannot be kept"),
            ("destroy", "secrets cannot be removed"),
        )
    ),
    *(
        Right(
            f"scaling-{name}",
            name,
            "functions neither sleep nor follow their load",
            SCALING,
            is_needed=False,
        )
        for name in ("read", "write", "destroy")
    ),
)


def judge_rights(settings: Settings, facts: NomadFacts) -> Iterator[Finding]:
    """Yield each right that is lacking, or that none is."""
    unknown: list[str] = []
    lacking = 0
    for right in RIGHTS:
        if not _is_used(right, settings):
            continue
        answer = facts.answers.get(right.probe)
        if answer is None or not answer.status:
            unknown.append(right.probe)
        elif answer.is_denied:
            lacking += 1
            yield _lacking(right, settings)
    if not lacking:
        but = f" (not to be tried now: {', '.join(unknown)})" if unknown else ""
        yield ok("Nomad token", f"it has every right that is needed{but}")


def _is_used(right: Right, settings: Settings) -> bool:
    if right.path == MASTERS:
        return settings.functions.secrets_backend == "nomad"
    return right.path != SCALING or settings.scaling.autoscaler == "builtin"


def _lacking(right: Right, settings: Settings) -> Finding:
    namespace = settings.nomad.namespace
    path = right.path.format(prefix=settings.job.name_prefix)
    words = (
        variable_words(right.name, path, namespace)
        if path
        else capability_words(right.name, namespace)
    )
    make = failure if right.is_needed else warning
    return make(
        "Nomad token",
        f"it lacks {words}: {right.without}",
        f"add it to the token's policy; {POLICY_FILE} has all that is needed",
    )
