from faas_nomad.workers.child import worker_environment


def test_a_worker_gets_no_token_of_the_service() -> None:
    environ = {
        "PATH": "/bin",
        "PYTHONPATH": "/src",
        "LC_ALL": "C",
        "NOMAD_TOKEN": "secret",
        "VAULT_TOKEN": "secret",
        "workers": "2",
    }

    assert worker_environment(environ) == {"PATH": "/bin", "PYTHONPATH": "/src", "LC_ALL": "C"}


def test_a_worker_knows_where_its_own_spans_go() -> None:
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector", "OTEL_TRACES_SAMPLER": "x"}

    assert worker_environment(environ) == environ
