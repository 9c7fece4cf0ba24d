"""The processes of the forking modes: started, killed as a group, collected."""

from pathlib import Path

from support.waiting import wait_until
from support.watchdog import WITHIN_S, RunningWatchdog, Start, pid_in, script, wait_gone


def test_exec_timeout_before_output_is_a_504_and_kills_the_group(
    start: Start, tmp_path: Path
) -> None:
    function = script(tmp_path, f"sleep 60 & echo $! > {tmp_path}/pid; wait")
    watchdog = start(fprocess=function, exec_timeout="300ms")

    answer = watchdog.ask()

    assert (answer.status, answer.body) == (504, b"exec_timeout exceeded\n")
    wait_gone(pid_in(tmp_path / "pid"))


def test_a_client_that_leaves_takes_its_process_with_it(start: Start, tmp_path: Path) -> None:
    watchdog = start(fprocess=script(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 60"))
    client = watchdog.client()
    client.say("GET / HTTP/1.1\r\nHost: f\r\n\r\n")
    pid = pid_in(tmp_path / "pid")

    client.close()

    wait_gone(pid)
    watchdog.wait_for_log("GET / - no answer")


def test_a_program_that_cannot_be_executed_is_a_500(start: Start, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/no/such/interpreter\n")
    program.chmod(0o755)

    answer = start(fprocess=str(program)).ask()

    assert answer.status == 500
    assert b"cannot be started" in answer.body


def test_signals_that_python_ignores_are_not_ignored_in_the_process(start: Start) -> None:
    answer = start(fprocess="grep SigIgn /proc/self/status").ask()

    standard_signals = (1 << 31) - 1  # glibc itself ignores 32 and 33 in what it spawns
    assert int(answer.body.split()[1], 16) & standard_signals == 0


def test_no_descriptor_or_zombie_is_left_behind(start: Start, tmp_path: Path) -> None:
    watchdog = start(fprocess=script(tmp_path, "exit 1"))
    descriptors = Path(f"/proc/{watchdog.process.pid}/fd")
    watchdog.ask()
    before = len(list(descriptors.iterdir()))

    for _ in range(20):
        watchdog.ask("/", "POST", b"x")

    wait_until(lambda: len(list(descriptors.iterdir())) <= before, "descriptors", WITHIN_S)
    wait_until(lambda: not children_of(watchdog), "children are collected", WITHIN_S)


def children_of(watchdog: RunningWatchdog) -> str:
    pid = watchdog.process.pid
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().strip()
