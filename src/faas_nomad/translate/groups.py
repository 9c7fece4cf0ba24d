"""A function's group: its replicas, how they are reached, replaced and placed anew. Pure."""

from typing import Any

from faas_nomad.translate.log_files import disk_block
from faas_nomad.translate.network import network_block
from faas_nomad.translate.restarts import disconnect_block, reschedule_block, restart_block
from faas_nomad.translate.scaling import scaling_block
from faas_nomad.translate.tasks import TASK, task_block
from faas_nomad.translate.timeouts import kill_timeout_ns
from faas_nomad.translate.understood import Understood
from faas_nomad.translate.updates import migrate_block, update_block
from faas_nomad.translate.values import seconds_ns

GROUP = TASK


def group_block(asked: Understood, count: int) -> dict[str, Any]:
    """Return the group with `count` replicas.

    Raises:
        InvalidDeploymentError: Something in it cannot be understood; names the field.
    """
    fn, policy, written = asked.fn, asked.policy, asked.written
    kill_ns = kill_timeout_ns(fn, policy, written)
    has_check = asked.has_check
    update = update_block(written, policy.update, has_check=has_check, kill_timeout_ns=kill_ns)
    return {
        "Name": GROUP,
        "Count": count,
        "Scaling": scaling_block(fn, policy, count),
        "Networks": [_network(asked)],
        "Services": [asked.service],
        "Update": update,
        "Migrate": migrate_block(update),
        "RestartPolicy": restart_block(written, policy),
        "ReschedulePolicy": reschedule_block(written, policy),
        **disconnect_block(policy),
        "EphemeralDisk": disk_block(written, policy),
        "ShutdownDelay": written.duration_ns("shutdown_delay", seconds_ns(policy.shutdown_delay_s)),
        "Tasks": [task_block(asked, kill_ns)],
    }


def _network(asked: Understood) -> dict[str, Any]:
    mode, driver, written, policy = asked.network_mode, asked.driver, asked.written, asked.policy
    return network_block(mode, driver, written, policy, in_mesh=asked.in_mesh)
