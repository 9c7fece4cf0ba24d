"""Is this Nomad one that functions can run on, with this token. Pure."""

from collections.abc import Iterator

from faas_nomad.commands.check.facts import NomadFacts
from faas_nomad.commands.check.findings import Finding, failure, ok, warning
from faas_nomad.commands.check.judge_nomad_nodes import judge_nodes
from faas_nomad.commands.check.judge_nomad_rights import POLICY_FILE, judge_rights
from faas_nomad.commands.check.judge_nomad_version import judge_version
from faas_nomad.settings.page import Settings


def judge_nomad(settings: Settings, facts: NomadFacts) -> Iterator[Finding]:
    """Yield what to say of the token, the version, the namespace and the nodes."""
    if _is_refused(facts):
        is_set = settings.nomad.token or settings.nomad.token_file
        yield failure(
            "Nomad token",
            "Nomad refuses whatever is asked with it"
            if is_set
            else "none is set, and Nomad answers nothing without one",
            "set nomad_token or nomad_token_file to a token of this cluster that has not expired; "
            f"{POLICY_FILE} is the policy that it needs",
        )
        return
    yield from judge_version(settings, facts)
    yield from _regions(settings, facts)
    yield from _namespace(settings, facts)
    yield from judge_rights(settings, facts)
    yield from judge_nodes(settings, facts)
    yield from _oversubscription(settings, facts)


def _is_refused(facts: NomadFacts) -> bool:
    asked = [answer for answer in facts.answers.values() if answer.status]
    return bool(asked) and all(answer.is_denied for answer in [*asked, facts.nodes])


def _namespace(settings: Settings, facts: NomadFacts) -> Iterator[Finding]:
    name = settings.nomad.namespace
    if facts.namespace.status == 200:
        yield ok("Nomad namespace", f'"{name}" is there')
        return
    if facts.namespace.status == 404:
        text = f'there is no namespace "{name}"'
    else:
        text = f'there is no namespace "{name}", or the token has no right in it'
    yield failure(
        "Nomad namespace",
        text,
        f"nomad namespace apply {name}, and a block for it in the policy; or set nomad_namespace",
    )


def _regions(settings: Settings, facts: NomadFacts) -> Iterator[Finding]:
    """Say which regions are none; those that are away are still known."""
    wanted = [name for name in (settings.nomad.region, *settings.nomad.regions) if name]
    if facts.regions.status != 200 or not wanted:
        return
    there = [str(name) for name in facts.regions.body or []]
    missing = [name for name in wanted if name not in there]
    if missing:
        yield failure(
            "Nomad regions",
            f"there is no {', '.join(missing)} among {', '.join(there) or 'none'}",
            "set nomad_region and nomad_regions to those, or federate the others "
            "(nomad server join)",
        )
    else:
        yield ok("Nomad regions", ", ".join(wanted))


def _oversubscription(settings: Settings, facts: NomadFacts) -> Iterator[Finding]:
    if not settings.job.memory_oversubscription or facts.scheduler.status != 200:
        return
    config = facts.scheduler.body.get("SchedulerConfig") or {}
    if not config.get("MemoryOversubscriptionEnabled"):
        yield warning(
            "memory_oversubscription",
            "it is set, and Nomad's scheduler does not allow it: functions get no more memory "
            "than they request",
            "nomad operator scheduler set-config -memory-oversubscription=true",
        )
