"""Every Prometheus name once, and the collector that renders the data path's own counters.

The data path counts in plain integers; they become samples only when somebody asks. Sources: the
names of the OpenFaaS gateway (`gateway_*`, label `function_name` = `NAME.NAMESPACE`) and of the Go
provider SDK (`provider_*`), with the default buckets of the Go client library.
"""

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

PROVIDER_REQUESTS = "provider_http_requests_total"
PROVIDER_DURATION = "provider_http_request_duration_seconds"
PROVIDER_BUCKETS_S = BUCKETS_S
