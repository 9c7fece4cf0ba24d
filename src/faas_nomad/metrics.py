"""Every Prometheus name once, and the text form of what is rendered in pieces. Pure.

Sources: the names of the OpenFaaS gateway (`gateway_*`, label `function_name` = `NAME.NAMESPACE`)
and of the Go provider SDK (`provider_*`), with the default buckets of the Go client library.
"""

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

PROVIDER_REQUESTS = "provider_http_requests_total"
PROVIDER_DURATION = "provider_http_request_duration_seconds"
PROVIDER_BUCKETS_S = BUCKETS_S

GATEWAY_INVOCATIONS = "gateway_function_invocation_total"
GATEWAY_INVOCATION_SECONDS = "gateway_functions_seconds"
GATEWAY_INVOCATIONS_STARTED = "gateway_function_invocation_started"
WAITING = "faas_nomad_waiting_requests"
IN_FLIGHT = "faas_nomad_invocations_in_flight"
CONTROL_IN_FLIGHT = "faas_nomad_control_calls_in_flight"
CALLER_CONNECTIONS = "faas_nomad_caller_connections"
CALLER_CONNECTIONS_TOTAL = "faas_nomad_caller_connections_total"
REPLICA_CONNECTIONS = "faas_nomad_replica_connections"
REPLICA_CONNECTIONS_TOTAL = "faas_nomad_replica_connections_total"
TUNNELS = "faas_nomad_tunnels"
REPLICA_ERRORS = "faas_nomad_replica_errors_total"
EJECTIONS = "faas_nomad_replica_ejections_total"
RETRIES = "faas_nomad_retries_total"
SPANS = "faas_nomad_spans_total"
LIMITS = "faas_nomad_limits_hit_total"
REFUSED = "faas_nomad_requests_refused_total"
COUNT_CHANGES = "faas_nomad_count_changes_total"
DECIDES = "faas_nomad_scaling_decider"
WORKERS = "faas_nomad_workers"
WORKER_RESTARTS = "faas_nomad_worker_restarts_total"

GATEWAY_SERVICE_COUNT = "gateway_service_count"
AVAILABLE_REPLICAS = "faas_nomad_available_replicas"
FUNCTION_CPU = "faas_nomad_function_cpu_millicores"
FUNCTION_MEMORY = "faas_nomad_function_memory_bytes"
USAGE_AGE = "faas_nomad_usage_oldest_seconds"
USAGE_FAILURES = "faas_nomad_usage_failures_total"
FUNCTIONS = "faas_nomad_functions"
PROBING_REPLICAS = "faas_nomad_probing_replicas"
BUILD_INFO = "faas_nomad_build_info"
EVENT_LAG = "faas_nomad_event_lag_seconds"
EVENT_QUEUE = "faas_nomad_event_queue_batches"
EVENTS = "faas_nomad_events_total"
SNAPSHOTS = "faas_nomad_snapshots_total"
ENDPOINTS_AGE = "faas_nomad_endpoints_age_seconds"
FUNCTION_NOT_READY = "faas_nomad_function_not_ready"
TROUBLES = "faas_nomad_function_troubles_total"
FAILED_DEPLOYMENTS = "faas_nomad_failed_deployments_total"
ROLLBACKS = "faas_nomad_rollbacks_total"
LOG_READERS = "faas_nomad_log_readers"
LOG_FUNCTIONS = "faas_nomad_log_functions"
LOG_CONNECTIONS = "faas_nomad_log_connections"
LOG_LINES = "faas_nomad_log_lines_total"
LOG_LINES_LEFT_OUT = "faas_nomad_log_lines_left_out_total"
LOG_REFUSED = "faas_nomad_log_readers_refused_total"
BACKEND_UP = "faas_nomad_backend_up"
BACKEND_AGE = "faas_nomad_backend_last_answer_seconds"
BACKEND_TOKEN_LEFT = "faas_nomad_backend_token_left_seconds"  # noqa: S105 - a metric
BACKEND_FAILURES = "faas_nomad_backend_failures_total"
BACKEND_CALLS = "faas_nomad_backend_calls_total"


def family_head(name: str, kind: str, about: str) -> str:
    """Return the two lines before a family's samples; `kind` as in Prometheus' text form."""
    return f"# HELP {name} {about}\n# TYPE {name} {kind}\n"


def label_value(text: str) -> str:
    """Return `text` as it is written between the quotes of a label."""
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
