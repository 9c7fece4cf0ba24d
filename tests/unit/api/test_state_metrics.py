"""What Prometheus sees of functions and back ends."""

from functools import partial

from faas_nomad.api.state_metrics import StateCollector, replica_series
from support.control_plane import ControlPlane


async def metrics_of(plane: ControlPlane) -> str:
    return (await plane.client.get("/metrics")).text


async def test_replicas_are_told_by_function_and_a_removed_one_leaves_no_series(
    plane: ControlPlane,
) -> None:
    services = plane.services
    services.exposition.add_series(partial(replica_series, services.functions))
    await plane.client.post("/system/functions", json={"service": "a", "image": "i"})

    text = await metrics_of(plane)
    assert '\ngateway_service_count{function_name="a.openfaas-fn"} 1\n' in text
    assert '\nfaas_nomad_available_replicas{function_name="a.openfaas-fn"} 0\n' in text

    await plane.client.request("DELETE", "/system/functions", json={"functionName": "a"})
    assert "a.openfaas-fn" not in await metrics_of(plane)


async def test_back_ends_are_told_with_their_calls(plane: ControlPlane) -> None:
    services = plane.services
    services.backends.add("nomad").seen(5.0)
    services.backends.called("Nomad", "ok")
    services.exposition.registry.register(
        StateCollector(services.functions, services.backends, lambda: 2, lambda: 7.5)
    )

    text = await metrics_of(plane)

    assert 'faas_nomad_backend_up{backend="nomad"} 1.0' in text
    assert 'faas_nomad_backend_last_answer_seconds{backend="nomad"} 2.5' in text
    assert 'faas_nomad_backend_calls_total{backend="nomad",outcome="ok"} 1.0' in text
    assert "faas_nomad_probing_replicas 2.0" in text
    assert 'faas_nomad_build_info{commit="' in text
