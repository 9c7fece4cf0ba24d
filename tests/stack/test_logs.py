"""Functions' logs as users read them, from real replicas."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from support.functions import Functions
from support.log_reader import Json, following
from support.waiting import wait_until
from support.world import ON_RAW_EXEC

ARRIVES_WITHIN_S = 10.0


def write(functions: Functions, name: str, text: str, output: str = "stdout") -> str:
    """Let one replica write `text` to an output; return which replica did."""
    headers = {"X-Echo-Print": output}
    answer = functions.invoke(name, method="POST", content=f"{text}\n".encode(), headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


def read(functions: Functions, name: str, **query: str) -> list[Json]:
    """Return the messages of a read that does not follow."""
    answer = functions.http.get("/system/logs", params={"name": name, **query})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [httpx.Response(200, content=line).json() for line in answer.text.splitlines()]


def endings(messages: list[Json], *texts: str) -> list[str]:
    """Return the texts that were written, in the order of the messages."""
    found = [text for message in messages for text in texts if message["text"].endswith(text)]
    return found


def wait_read(functions: Functions, name: str, *texts: str, **query: str) -> list[Json]:
    """Read again until all of `texts` are there."""

    def found() -> list[Json]:
        messages = read(functions, name, **query)
        return messages if set(endings(messages, *texts)) == set(texts) else []

    return wait_until(found, f"the logs have {texts}", ARRIVES_WITHIN_S)


def test_both_outputs_of_a_function_are_read(functions: Functions) -> None:
    name = functions.deploy(functions.world.deployment())
    replica = write(functions, name, "to-stdout")
    write(functions, name, "to-stderr ünïcode", "stderr")

    messages = wait_read(functions, name, "to-stdout", "to-stderr ünïcode")

    for message in messages:
        assert list(message) == ["name", "namespace", "instance", "timestamp", "text"]
        assert (message["name"], message["namespace"]) == (name, "openfaas-fn")
        assert message["instance"] == replica
        age = datetime.now(UTC) - datetime.fromisoformat(message["timestamp"])
        assert timedelta(seconds=-1) < age < timedelta(seconds=60)


def test_the_official_client_reads_the_logs(functions: Functions) -> None:
    name = functions.deploy(functions.world.deployment())
    write(functions, name, "for the client")
    wait_read(functions, name, "for the client")

    reply = functions.sdk.call("logs", name=name, tail=100)

    assert (reply.status, reply.error) == (200, "")
    assert endings(reply.result, "for the client") == ["for the client"]


@ON_RAW_EXEC
def test_tail_since_and_instance_choose(functions: Functions) -> None:
    name = functions.deploy(functions.world.deployment(), available=1)
    first = write(functions, name, "one")
    wait_read(functions, name, "one")
    functions.scale(name, 2)
    functions.wait_available(name, 2)
    [second] = {a["ID"] for a in functions.allocations(name)} - {first}
    since = next_second()
    other = ""
    while other != second:
        other = write(functions, name, "two")
    wait_read(functions, name, "one", "two")

    of_first = read(functions, name, instance=first[:8])
    later = read(functions, name, since=since.isoformat(timespec="seconds"))
    newest = read(functions, name, tail="1")

    assert {message["instance"] for message in of_first} == {first}
    assert endings(of_first, "one") == ["one"]
    assert "one" not in endings(later, "one", "two")
    assert "two" in endings(later, "one", "two")
    assert newest == read(functions, name)[-1:]
    assert endings(read(functions, name, tail="-1"), "one") == ["one"]


def next_second() -> datetime:
    """Wait for a new second, since the watchdog tells times in whole ones; return it."""
    began = datetime.now(UTC)
    wait_until(lambda: datetime.now(UTC).second != began.second, "the second is over", 2)
    return datetime.now(UTC)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"name": ""}, 422),
        ({"tail": "many"}, 422),
        ({"since": "yesterday"}, 422),
        ({"instance": "../x"}, 422),
        ({"instance": "ffffffff-ffff"}, 404),
        ({"name": "unknown"}, 404),
        ({"namespace": "unknown"}, 400),
        ({"follow": "perhaps"}, 200),
    ],
)
def test_what_cannot_be_read_is_refused(
    module_functions: Functions, logged: str, query: Json, status: int
) -> None:
    answer = module_functions.http.get("/system/logs", params={"name": logged, **query})

    assert answer.status_code == status
    if status != 200:
        assert answer.text.count("\n") == 1
    if status == 422 and query != {"name": ""}:
        assert answer.text.startswith("could not parse the log request")


@pytest.fixture(scope="module")
def logged(module_functions: Functions) -> str:
    return module_functions.deploy(module_functions.world.deployment())


def test_a_reader_follows_what_is_written_and_replicas_that_come(functions: Functions) -> None:
    name = functions.deploy(functions.world.deployment())
    write(functions, name, "before")
    wait_read(functions, name, "before")
    with following(functions.service.gateway_url, name=name) as reader:
        wait_until(lambda: reader.has("before"), "the past is read", ARRIVES_WITHIN_S)
        first = write(functions, name, "after")
        wait_until(lambda: reader.has("after"), "the present is read", ARRIVES_WITHIN_S)
        functions.scale(name, 2)
        functions.wait_available(name, 2)
        other = first
        while other == first:
            other = write(functions, name, "from the new one")
        wait_until(lambda: other in {m["instance"] for m in reader.messages}, "it is joined", 10)
        assert endings(reader.messages, "before", "after") == ["before", "after"]
        functions.sdk.delete(name)
        wait_until(lambda: reader.has_ended, "the stream has ended", 60)
    assert reader.content_type == "application/x-ndjson"
    assert reader.failure == ""


def test_what_an_ended_replica_wrote_is_read_as_long_as_nomad_has_it(functions: Functions) -> None:
    name = functions.deploy(functions.world.deployment())
    write(functions, name, "last words")
    wait_read(functions, name, "last words")

    gone = functions.kill_one_replica(name)
    wait_until(
        lambda: (
            gone not in {a["ID"] for a in functions.allocations(name)}
            or functions.status(name).get("availableReplicas", 0) == 1
        ),
        "it has ended or was restarted",
        60,
    )

    assert endings(wait_read(functions, name, "last words"), "last words") == ["last words"]
