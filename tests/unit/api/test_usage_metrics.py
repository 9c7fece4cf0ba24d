from functools import partial

from faas_nomad.api.usage_metrics import UsageCollector, usage_series
from faas_nomad.model.nomad import AllocID
from faas_nomad.state.records import JobKey
from faas_nomad.state.usage import UsageTable
from faas_nomad.translate.usage import Usage
from support.control_plane import ControlPlane


async def test_what_functions_use_is_told_where_it_is_known(plane: ControlPlane) -> None:
    services = plane.services
    table = UsageTable(30.0)
    table.put(AllocID("r"), Usage(1.0, 1), 4.0)
    table.failures = 3
    used = JobKey("default", "openfaas-a")
    services.exposition.registry.register(UsageCollector(table, lambda: 9.0))
    services.exposition.add_series(
        partial(
            usage_series,
            services.functions,
            lambda key: Usage(12.34, 4096) if key == used else None,
        )
    )
    for name in ("a", "b"):
        await plane.client.post("/system/functions", json={"service": name, "image": "i"})

    lines = (await plane.client.get("/metrics")).text.splitlines()

    assert 'faas_nomad_function_cpu_millicores{function_name="a.openfaas-fn"} 12.3' in lines
    assert 'faas_nomad_function_memory_bytes{function_name="a.openfaas-fn"} 4096' in lines
    assert not any("b.openfaas-fn" in line for line in lines)
    assert "faas_nomad_usage_oldest_seconds 5.0" in lines
    assert "faas_nomad_usage_failures_total 3.0" in lines
