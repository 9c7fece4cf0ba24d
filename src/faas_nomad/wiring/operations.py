"""Settings → what is done to functions, secrets and namespaces."""

import time
from dataclasses import dataclass

from faas_nomad.clients.nomad import NomadClient
from faas_nomad.operations.alerts import AlertScaling
from faas_nomad.operations.function_secrets import FunctionSecrets
from faas_nomad.operations.functions import FunctionOperations
from faas_nomad.operations.job_writes import JobWrites
from faas_nomad.operations.namespaces import NamespaceOperations
from faas_nomad.operations.registry_logins import RegistryLogins
from faas_nomad.operations.scaling import Scaling
from faas_nomad.operations.secret_restarts import SecretRestarts
from faas_nomad.operations.secrets import SecretOperations
from faas_nomad.settings.page import Settings
from faas_nomad.state.functions import Functions
from faas_nomad.tasks.secret_repair import Repair
from faas_nomad.wiring.jobs import cluster_policy
from faas_nomad.wiring.secrets import Secrets


@dataclass(frozen=True)
class Operations:
    """One object a kind of thing that is written."""

    functions: FunctionOperations
    scaling: Scaling
    alerts: AlertScaling
    secrets: SecretOperations
    namespaces: NamespaceOperations
    upkeep: tuple[Repair, ...]
    """What is looked over again and again, in this order."""


def operations_of(
    settings: Settings, nomad: NomadClient, functions: Functions, secrets: Secrets
) -> Operations:
    """Return the operations, wired. All share one `JobWrites`, which has the jobs' locks."""
    policy = cluster_policy(settings, nomad).current
    writes = JobWrites(nomad, functions)
    scaling = Scaling(writes, policy, time.time_ns)
    logins = RegistryLogins(secrets.logins, functions, nomad, policy, time.monotonic)
    function_secrets = FunctionSecrets(secrets.store, logins)
    operations = FunctionOperations(writes, function_secrets, policy, time.time_ns)
    restarts = SecretRestarts(operations, function_secrets, functions)
    return Operations(
        functions=operations,
        scaling=scaling,
        alerts=_alerts(settings, functions, scaling),
        secrets=SecretOperations(secrets.store, functions, restarts, logins),
        namespaces=NamespaceOperations(nomad, functions, secrets.store),
        upkeep=(secrets.repair, logins, restarts),
    )


def _alerts(settings: Settings, functions: Functions, scaling: Scaling) -> AlertScaling:
    return AlertScaling(
        functions,
        scaling,
        time.time_ns,
        step_pause_s=settings.scaling.alert_pause_s,
        is_on=settings.scaling.autoscaler == "builtin",
    )
