from faas_nomad.clients.errors import NotFoundError, UnreachableError
from faas_nomad.state.backends import Backends
from faas_nomad.wiring.vault import VaultObserver


def test_calls_to_vault_are_counted_and_tell_how_it_stands() -> None:
    backends = Backends()
    observer = VaultObserver(backends)
    assert "vault" in backends.by_name

    observer(None, 60.0)
    observer(NotFoundError("no such secret"), 50.0)
    assert backends.add("vault").connected
    observer(UnreachableError("refused"), None)

    assert not backends.add("vault").connected
    assert backends.calls == {
        ("vault", "ok"): 1,
        ("vault", "NotFoundError"): 1,
        ("vault", "UnreachableError"): 1,
    }
