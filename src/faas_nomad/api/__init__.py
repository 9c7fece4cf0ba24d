"""The control plane: FastAPI routers, one file a resource. Invocations never come here."""
