"""The exec driver: a process in a chroot."""

from support.deployments import deployment, group_of, policy, task_of


def test_the_watchdog_runs_in_a_chroot_on_the_hosts_network() -> None:
    assert task_of(deployment(), policy("exec"))["Driver"] == "exec"
    assert group_of(deployment(), policy("exec"))["Networks"][0]["Mode"] == "host"


def test_cpu_is_a_share_and_no_quota() -> None:
    fn = deployment(limits={"cpu": "2"}, requests={"cpu": "1"})

    assert task_of(fn, policy("exec"))["Resources"]["CPU"] == 2000
    assert "cpu_hard_limit" not in task_of(fn, policy("exec"))["Config"]
