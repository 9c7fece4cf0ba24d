"""The data path: a small HTTP/1.1 reverse proxy on asyncio protocols. Start at `server.py`."""
