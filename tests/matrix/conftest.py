"""The matrix runs on the event loops that the data path may meet."""

from proxy.conftest import pytest_asyncio_loop_factories

__all__ = ["pytest_asyncio_loop_factories"]
