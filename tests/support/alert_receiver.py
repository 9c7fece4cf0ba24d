"""What Alertmanager posts, kept in the order of its coming."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class AlertReceiver:
    """Alerts by function and status, and the credentials they came with."""

    url: str = ""
    posts: list[dict[str, Any]] = field(default_factory=list)
    credentials: set[str] = field(default_factory=set)

    def has(self, status: str, function: str) -> bool:
        """Say whether an alert of the function came with that status."""
        alerts = [alert for post in list(self.posts) for alert in post["alerts"]]
        return any(
            alert["status"] == status and alert["labels"].get("function_name") == function
            for alert in alerts
        )


@contextmanager
def run_alert_receiver() -> Iterator[AlertReceiver]:
    """Receive on a free port until the block ends."""
    receiver = AlertReceiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            _, _, encoded = self.headers.get("Authorization", "").partition(" ")
            receiver.credentials.add(base64.b64decode(encoded).decode())
            receiver.posts.append(json.loads(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_port}/system/alert"
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield receiver
        server.shutdown()
        thread.join()
