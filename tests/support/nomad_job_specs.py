"""Jobs for contract tests: small web servers that show their environment, and things that break."""

import sys
from typing import Any

SECOND_NS = 1_000_000_000
_SHOW_ENVIRONMENT = """
import http.server, json, os, signal, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(dict(os.environ)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
def stop(number, frame):
    print("stopped by", signal.Signals(number).name, flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)
print("serving in", os.getcwd(), flush=True)
print("to stderr", file=sys.stderr, flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def web_job(job_id: str, *, count: int = 1, namespace: str = "default", **task: Any) -> Any:
    """Return a job whose instances answer every GET with their environment as JSON."""
    return {
        "ID": job_id,
        "Name": job_id,
        "Namespace": namespace,
        "Type": "service",
        "Datacenters": ["*"],
        "Meta": {"openfaas": "1", "openfaas.spec": '{"service":"x"}'},
        "TaskGroups": [
            {
                "Name": "fn",
                "Count": count,
                "Networks": [{"DynamicPorts": [{"Label": "http"}]}],
                "Services": [_service(job_id)],
                "Update": _update(),
                "RestartPolicy": {
                    "Attempts": 1,
                    "Interval": 60 * SECOND_NS,
                    "Delay": SECOND_NS // 2,
                    "Mode": "fail",
                },
                "ReschedulePolicy": {
                    "Unlimited": True,
                    "Delay": 5 * SECOND_NS,
                    "DelayFunction": "constant",
                },
                "Tasks": [_task(**task)],
            }
        ],
    }


def broken(job: dict[str, Any]) -> dict[str, Any]:
    """Make the job's task end at once with exit code 1; return the job."""
    job["TaskGroups"][0]["Tasks"][0]["Config"] = {"command": "/bin/false"}
    return job


def with_update(job: dict[str, Any], **update: Any) -> dict[str, Any]:
    """Change the job's update block; return the job."""
    job["TaskGroups"][0]["Update"] |= update
    return job


def _service(job_id: str) -> dict[str, Any]:
    check = {"Name": "health", "Type": "http", "Path": "/", "Interval": SECOND_NS}
    return {
        "Name": job_id,
        "Provider": "nomad",
        "PortLabel": "http",
        "Checks": [{**check, "Timeout": SECOND_NS}],
    }


def _update() -> dict[str, Any]:
    return {
        "MaxParallel": 1,
        "HealthCheck": "checks",
        "MinHealthyTime": SECOND_NS // 10,
        "HealthyDeadline": 20 * SECOND_NS,
        "ProgressDeadline": 30 * SECOND_NS,
        "Canary": 1,
        "AutoPromote": True,
        "AutoRevert": True,
    }


def _task(**changes: Any) -> dict[str, Any]:
    arguments = ["-c", _SHOW_ENVIRONMENT, "${NOMAD_PORT_http}"]
    return {
        "Name": "fn",
        "Driver": "raw_exec",
        "KillSignal": "SIGTERM",
        "Config": {"command": sys.executable, "args": arguments},
        "Resources": {"CPU": 10, "MemoryMB": 32},
        **changes,
    }
