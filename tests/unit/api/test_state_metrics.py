"""What Prometheus sees of functions and back ends."""

from prometheus_client import generate_latest

from faas_nomad.api.state_metrics import StateCollector
from support.control_plane import ControlPlane


async def test_replicas_are_told_by_function_and_a_removed_one_leaves_no_series(
    plane: ControlPlane,
) -> None:
    services = plane.services
    services.backends.add("nomad").seen(5.0)
    services.registry.register(
        StateCollector(services.functions, services.backends, lambda: 2, lambda: 7.5)
    )
    await plane.client.post("/system/functions", json={"service": "a", "image": "i"})

    text = generate_latest(services.registry).decode()
    assert 'gateway_service_count{function_name="a.openfaas-fn"} 1.0' in text
    assert 'faas_nomad_available_replicas{function_name="a.openfaas-fn"} 0.0' in text
    assert 'faas_nomad_backend_up{backend="nomad"} 1.0' in text
    assert 'faas_nomad_backend_last_answer_seconds{backend="nomad"} 2.5' in text
    assert "faas_nomad_probing_replicas 2.0" in text

    await plane.client.request("DELETE", "/system/functions", json={"functionName": "a"})
    assert "a.openfaas-fn" not in generate_latest(services.registry).decode()
