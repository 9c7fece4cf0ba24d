"""The annotations `com.openfaas.nomad.*`: which there are, and what was written of them. Pure.

The documentation's list is made from `ANNOTATIONS`. A key that is not in it is refused: a typing
error must not pass for a wish. The same keys are read from labels, where the last provider's
users have their `com.openfaas.nomad.update.*`.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.written import Written, under

PREFIX = "com.openfaas.nomad."
STATUS_PREFIX = "com.openfaas.nomad.status."
"""What the provider reports about a function; ignored when it comes back in a deployment."""


@dataclass(frozen=True)
class Annotation:
    """One annotation: its name after the prefix, the type of its value, and what it does."""

    name: str
    type: str
    meaning: str


ANNOTATIONS = (
    Annotation("driver", "word", "Task driver: docker, podman, exec, raw_exec or java"),
    Annotation("artifact", "URL", "What nodes download before the function starts"),
    Annotation("artifact.checksum", "TYPE:HEX", "Checksum of the artifact: sha256:…, sha512:…"),
    Annotation("artifact.destination", "path", "Where it goes, below local/; else local/fn"),
    Annotation("artifact.mode", "word", "any (unpack archives), file or dir"),
    Annotation("java.class", "word", "Main class, in place of a jar"),
    Annotation("java.class_path", "path", "Class path of java.class"),
    Annotation("java.jvm_options", "words", "Options of the Java virtual machine"),
    Annotation("java.args", "words", "Arguments of the Java program"),
    Annotation("docker.OPTION", "as the driver's", "An option that the installation allows"),
    Annotation("podman.OPTION", "as the driver's", "An option that the installation allows"),
    Annotation("force_pull", "true or false", "Pull the image on every start"),
    Annotation("registry_secret", "name", "Secret in Docker's config.json format to pull with"),
    Annotation("image_pull_timeout", "duration", "Time limit of the image's download"),
    Annotation("network_mode", "word", "auto, host, bridge or cni/NAME"),
    Annotation("dns_servers", "IP addresses", "DNS servers of the function, with commas"),
    Annotation("dns_searches", "domains", "Domains that names are looked up in, with commas"),
    Annotation("connect", "true or false", "In Consul's service mesh, where there is one"),
    Annotation("direct_routing", "true or false", "Tags for balancers, where there are any"),
    Annotation("cores", "number", "Whole cores for this function alone, in place of CPU shares"),
    Annotation("region", "name", "Nomad region of the function, one of `nomad_regions`"),
    Annotation("affinity", "rules", "ATTRIBUTE OPERATOR VALUE [weight=N]; separated by ;"),
    Annotation("spread", "rules", "ATTRIBUTE [weight=N] [VALUE:PERCENT …]; separated by ;"),
    Annotation("update.stagger", "duration", "Pause between the batches of a node drain"),
    Annotation("update.max_parallel", "number", "Instances replaced at a time; 0 is all at once"),
    Annotation("update.health_check", "word", "checks, task_states or manual"),
    Annotation("update.min_healthy_time", "duration", "How long a new instance must be healthy"),
    Annotation("update.healthy_deadline", "duration", "By when a new instance must be healthy"),
    Annotation(
        "update.progress_deadline",
        "duration",
        "By when an update must get on; 0: one failure ends it",
    ),
    Annotation("update.canary", "number", "New instances tried beside the old ones first"),
    Annotation("update.auto_revert", "true or false", "Go back when an update fails"),
    Annotation("update.auto_promote", "true or false", "Go on when the canaries are healthy"),
    Annotation("restart.attempts", "number", "Restarts on the same node within the interval"),
    Annotation("restart.interval", "duration", "Interval of restart.attempts, at least 5s"),
    Annotation("restart.delay", "duration", "Pause before a restart"),
    Annotation("restart.mode", "word", "fail (place it anew) or delay (wait and go on)"),
    Annotation("reschedule.attempts", "number", "New placements within the interval"),
    Annotation("reschedule.interval", "duration", "Interval of reschedule.attempts"),
    Annotation("reschedule.delay", "duration", "Pause before a new placement, at least 5s"),
    Annotation("reschedule.delay_function", "word", "constant, exponential or fibonacci"),
    Annotation("reschedule.max_delay", "duration", "Longest pause, at least 5s"),
    Annotation("reschedule.unlimited", "true or false", "Place anew for ever"),
    Annotation("timeout", "duration", "Time limit of an invocation; 0 is none"),
    Annotation("sticky", "header:NAME or cookie:NAME", "Same value, same replica"),
    Annotation(
        "upstream_tls", "word", "TLS to the function: verify its certificate or skip_verify"
    ),
    Annotation(
        "upstream_tls.server_name", "host name", "What the certificate names, if no address"
    ),
    Annotation("secrets.change_mode", "word", "What a new value does: noop, restart or signal"),
    Annotation("secrets.change_signal", "word", "SIGHUP, SIGUSR1 or SIGUSR2, for the mode signal"),
    Annotation("scale.query", "PromQL", "Load of all replicas, for a scale type of its own"),
    Annotation("scaling.policy", "JSON object", "For Nomad's Autoscaler: the scaling policy"),
    Annotation("check", "word", "Health check: http, tcp or none"),
    Annotation("check.interval", "duration", "Pause between health checks, at least 1s"),
    Annotation("check.timeout", "duration", "Time limit of a health check, at least 1s"),
    Annotation("check.restart_limit", "number", "Failed checks until a restart; 0 is never"),
    Annotation("check.grace", "duration", "Time after a start in which checks may fail"),
    Annotation("logs.max_files", "number", "Log files kept of each output"),
    Annotation("logs.max_file_size", "number", "Size of a log file in MB"),
    Annotation("ephemeral_disk.size", "number", "Disk space in MB that a node must have"),
    Annotation("kill_timeout", "duration", "Stop signal to kill; nodes have a max_kill_timeout"),
    Annotation("shutdown_delay", "duration", "Time from deregistration to the stop signal"),
)

OPENFAAS_KEYS = (
    Annotation("com.openfaas.scale.min", "number", "Label: fewest replicas; 1 without it"),
    Annotation("com.openfaas.scale.max", "number", "Label: most replicas, else `job_max_count`"),
    Annotation("com.openfaas.scale.factor", "0 to 100", "Label: percent added for an alert"),
    Annotation("com.openfaas.scale.zero", "true or false", "Label: sleep when idle"),
    Annotation("com.openfaas.scale.zero-duration", "duration", "Label: how long idle before that"),
    Annotation("com.openfaas.scale.type", "word", "Label: what the load is counted in"),
    Annotation("com.openfaas.scale.target", "number", "Label: load that one replica is for"),
    Annotation("com.openfaas.scale.target-proportion", "number", "Label: share of it aimed at"),
    Annotation("com.openfaas.scale.down.window", "duration", "Label: time before scaling down"),
    Annotation("com.openfaas.health.http.path", "path", "Health check in place of `/_/health`"),
    Annotation("com.openfaas.health.http.initialDelay", "duration", "Time before it may fail"),
    Annotation("com.openfaas.health.http.periodSeconds", "duration", "Pause between such checks"),
    Annotation("com.openfaas.health.http.timeoutSeconds", "duration", "Time limit of one"),
    Annotation("com.openfaas.health.http.failureThreshold", "number", "Bad ones before a restart"),
    Annotation("com.openfaas.ready.http.path", "path", "What tells that a replica can serve"),
    Annotation("com.openfaas.ready.http.initialDelay", "duration", "Time before the first probe"),
    Annotation("com.openfaas.ready.http.periodSeconds", "duration", "Pause between such probes"),
    Annotation(
        "com.openfaas.ready.http.timeoutSeconds",
        "duration",
        "Time limit of one; of the first, and after soon answered ones, at most 1 s",
    ),
    Annotation("com.openfaas.ready.http.successThreshold", "number", "Good answers in a row"),
    Annotation("com.openfaas.ready.http.failureThreshold", "number", "Checked, without effect"),
)
"""OpenFaaS's own labels and annotations that are read here, under their whole names."""

_NAMES = frozenset(annotation.name for annotation in ANNOTATIONS)
OPTION_FAMILIES = ("docker.", "podman.")


def nomad_annotations(fn: FunctionDeployment) -> Written:
    """Return the deployment's `com.openfaas.nomad.*`.

    Raises:
        InvalidDeploymentError: A key is not in `ANNOTATIONS`, or a label contradicts an annotation.
    """
    annotations, labels = _annotations(fn), _labels(fn)
    for field, written in (("annotations", annotations), ("labels", labels)):
        for name in written.entries:
            _refuse_unknown(field, name)
    for name in labels.entries:
        if annotations.has(name) and annotations.text(name) != labels.text(name):
            raise labels.refuse(name, f"what {annotations.field(name)} says")
    return merged_annotations(fn)


def merged_annotations(fn: FunctionDeployment) -> Written:
    """Return the same unchecked: for deployments that some version has accepted already."""
    return Written({**_labels(fn).entries, **_annotations(fn).entries})


def without_status(source: Mapping[str, str]) -> dict[str, str]:
    """Return labels or annotations without what the provider itself reports in them."""
    return {key: text for key, text in source.items() if not key.startswith(STATUS_PREFIX)}


def _annotations(fn: FunctionDeployment) -> Written:
    return under(PREFIX, "annotations", without_status(fn.annotations))


def _labels(fn: FunctionDeployment) -> Written:
    return under(PREFIX, "labels", without_status(fn.labels))


def _refuse_unknown(field: str, name: str) -> None:
    if name in _NAMES or name.startswith(OPTION_FAMILIES):
        return
    close = difflib.get_close_matches(name, _NAMES, n=1)
    hint = f" (did you mean {PREFIX}{close[0]}?)" if close else ""
    raise InvalidDeploymentError(field, PREFIX + name, f"a key that is known here{hint}")
