"""Counts and times control-plane calls under the Go SDK's metric names.

Source: faas-provider `metrics.go`. Only known routes are counted, and calls that name a function
are folded to their route, so that no caller can make new series.
"""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from faas_nomad.metrics import PROVIDER_BUCKETS_S, PROVIDER_DURATION, PROVIDER_REQUESTS

_LABELS = ("code", "method", "path")
_UNCOUNTED = frozenset({"", "/healthz", "/readyz", "/metrics", "/openapi.json"})


class CallMetrics:
    """The counter and the histogram; one pair a registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(PROVIDER_REQUESTS, "API calls.", _LABELS, registry=registry)
        self._seconds = Histogram(
            PROVIDER_DURATION,
            "Seconds an API call took.",
            _LABELS,
            buckets=PROVIDER_BUCKETS_S,
            registry=registry,
        )

    def count(self, code: str, method: str, path: str, took_s: float) -> None:
        """Count one call to a known route."""
        self._requests.labels(code, method, path).inc()
        self._seconds.labels(code, method, path).observe(took_s)


class MeasuredRequests:
    """ASGI middleware around the application."""

    def __init__(self, app: ASGIApp, metrics: CallMetrics, now_s: Callable[[], float]) -> None:
        self._app = app
        self._now_s = now_s
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call and count it when it is over."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        started_s = self._now_s()
        code = "500"

        async def watch(message: Message) -> None:
            nonlocal code
            if message["type"] == "http.response.start":
                code = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            self._count(scope, code, self._now_s() - started_s)

    def _count(self, scope: Scope, code: str, took_s: float) -> None:
        path = folded_path(getattr(scope.get("route"), "path", ""))
        if path not in _UNCOUNTED:
            self._metrics.count(code, scope["method"], path, took_s)


def folded_path(route: str) -> str:
    """Return a route's path without what names one function: `/system/function/{name}` → …."""
    return route.split("/{", 1)[0]
