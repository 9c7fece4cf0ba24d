"""The way one would write it at first, FastAPI and httpx: `python natural.py PORT HOST:PORT`."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from starlette.background import BackgroundTask

FUNCTIONS = {"bench": sys.argv[2] if len(sys.argv) > 2 else ""}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Keep one client for all requests."""
    limits = httpx.Limits(max_connections=2048, max_keepalive_connections=2048)
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:
        app.state.client = client
        yield


app = FastAPI(lifespan=lifespan)


@app.api_route("/function/{name}", methods=["GET", "POST"])
@app.api_route("/function/{name}/{path:path}", methods=["GET", "POST"])
async def invoke(request: Request, name: str, path: str = "") -> StreamingResponse:
    """Pass one request on and stream its answer."""
    client: httpx.AsyncClient = request.app.state.client
    headers = [(k, v) for k, v in request.headers.raw if k != b"host"]
    sent = client.build_request(
        request.method,
        f"http://{FUNCTIONS[name]}/{path}",
        headers=headers,
        content=request.stream() if "content-length" in request.headers else None,
    )
    answer = await client.send(sent, stream=True)
    return StreamingResponse(
        answer.aiter_raw(),
        answer.status_code,
        headers=dict(answer.headers),
        background=BackgroundTask(answer.aclose),
    )


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=False, log_level="error")
