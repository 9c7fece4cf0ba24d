"""Logs that are written fast, followed while replicas crash: whole, in order and at once."""

import re
from functools import partial

import pytest

from support.functions import READY_WITHIN_S, Functions
from support.log_reader import Json, LogReader, following
from support.processes import kill_allocation
from support.waiting import wait_until
from support.world import ON_RAW_EXEC

NUMBERED = re.compile(r"number (\d+) at (\d+)$")
LINES, RATE, REPLICAS = 30_000, 1_000, 3
RESTARTS_ONCE = {"com.openfaas.nomad.restart.attempts": "1"}
LATEST_S = 1.0
WRITTEN_WITHIN_S = 90.0


def numbers_in(texts: list[str]) -> list[int]:
    """Return the numbers of the numbered lines, as they come."""
    return [int(found[1]) for text in texts if (found := NUMBERED.search(text))]


def numbers_by_replica(messages: list[Json]) -> dict[str, list[int]]:
    """Return what each replica is said to have written; who has no numbers is left out."""
    texts: dict[str, list[str]] = {}
    for message in messages:
        texts.setdefault(message["instance"], []).append(message["text"])
    found = {instance: numbers_in(lines) for instance, lines in texts.items()}
    return {instance: numbers for instance, numbers in found.items() if numbers}


def newest_number(reader: LogReader, instance: str) -> int:
    """Return the newest number of a replica, -1 if none of its lines has come."""
    for message in reversed(reader.messages):
        if message["instance"] == instance and (found := NUMBERED.search(message["text"])):
            return int(found[1])
    return -1


def kept_by_nomad(functions: Functions, instance: str) -> list[int]:
    """Return the numbers that Nomad itself has of a replica, from its first line."""
    text = functions.world.nomad.client.stream_logs.stream(
        instance, task="fn", type_="stdout", origin="start", plain=True
    )
    return numbers_in(text.splitlines())


@ON_RAW_EXEC
@pytest.mark.timeout(180)
def test_fast_writers_are_followed_whole_in_order_and_at_once(functions: Functions) -> None:
    sent = functions.world.deployment(
        labels={"com.openfaas.scale.min": str(REPLICAS)},
        annotations=RESTARTS_ONCE,
        envVars={"PRINT_LINES": str(LINES), "PRINT_RATE": str(RATE)},
    )
    name = functions.deploy(sent, available=REPLICAS)
    crashing = str(functions.allocations(name)[0]["ID"])
    with following(functions.service.gateway_url, name=name) as reader:
        newest = partial(newest_number, reader)
        wait_until(lambda: newest(crashing) >= 8_000, "it writes", WRITTEN_WITHIN_S)
        kill_allocation(crashing)
        wait_until(lambda: 4_000 <= newest(crashing) < 8_000, "it writes anew", WRITTEN_WITHIN_S)
        kill_allocation(crashing)

        def successors() -> set[str]:
            return {str(alloc["ID"]) for alloc in functions.allocations(name)} - {crashing}

        wait_until(lambda: len(successors()) == REPLICAS, "it is replaced", READY_WITHIN_S)
        last = LINES - 1
        for instance in successors():
            wait_until(partial(lambda one: newest(one) == last, instance), "all is written", 90)
        kept = kept_by_nomad(functions, crashing)
        messages, came_ns = list(reader.messages), list(reader.came_ns)

    numbers = numbers_by_replica(messages)
    for instance in numbers.keys() - {crashing}:
        assert numbers[instance] == list(range(LINES)), instance
    assert kept.count(0) == 2, "it has run twice"
    assert numbers[crashing] == kept
    lags_s = [
        (came - int(found[2])) / 1e9
        for message, came in zip(messages, came_ns, strict=True)
        if (found := NUMBERED.search(message["text"]))
    ]
    late = [lag for lag in lags_s if lag >= LATEST_S]
    print(f"{len(lags_s)} lines, {max(lags_s):.3f} s behind at most, {len(late)} over 1 s")
    assert not late
