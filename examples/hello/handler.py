"""A function as a server: greets whoever the body names.

Deploy it with `mode: http`; the watchdog says by PORT where it is to listen.
"""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Hello(BaseHTTPRequestHandler):
    """Answers GET and POST with a greeting."""

    protocol_version = "HTTP/1.1"  # keeps connections open
    disable_nagle_algorithm = True  # a head and a body are two writes; the second would wait

    def do_POST(self) -> None:
        """Greet the name in the body."""
        name = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode().strip()
        answer = f"Hello, {name or 'world'}!\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST  # noqa: N815 (the name that http.server looks for)

    def log_message(self, format: str, *args: object) -> None:
        """Leave the log to the watchdog."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8082"))), Hello).serve_forever()
