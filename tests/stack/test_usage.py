"""What functions use, as the official client asks for it, on a real Nomad."""

import time

from support.functions import Functions
from support.waiting import wait_until
from support.world import Json

SPIN_S = 0.2


def usage_of(functions: Functions, name: str) -> Json:
    answer = functions.http.get(f"/system/function/{name}", params={"usage": "1"})
    assert answer.status_code == 200, answer.text
    return dict(answer.json().get("usage") or {})


def test_an_idle_function_uses_memory_and_one_that_works_the_processor(
    functions: Functions,
) -> None:
    name = functions.deploy(functions.world.deployment())

    def memory() -> int:
        return int(usage_of(functions, name).get("totalMemoryBytes", 0))

    # The first figure may be of the moment when the process had just been made.
    wait_until(lambda: 100_000 < memory() < 1_000_000_000, "the memory in use is known", 70)
    listed = functions.http.get("/system/functions", params={"usage": "1"}).json()
    assert [fn["usage"].keys() for fn in listed if fn["name"] == name] == [
        {"cpu", "totalMemoryBytes"}
    ]

    def works() -> bool:
        until_s = time.monotonic() + SPIN_S
        while time.monotonic() < until_s:
            assert functions.invoke(name, method="POST", content=b"x" * 65536).status_code == 200
        return bool(usage_of(functions, name).get("cpu", 0) > 10)

    wait_until(works, "the processor in use is known", 60)


def test_usage_is_not_told_unless_it_is_asked_for(functions: Functions) -> None:
    name = functions.deploy(functions.world.deployment())

    assert "usage" not in functions.status(name)
