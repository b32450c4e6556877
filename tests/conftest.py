"""What every test starts from."""

import os

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.hanging", "tests.servers.fixtures"]

# Where a proxy is set for the outside world, a test's own servers are still reached straight.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost,::1"

# A shared two-core machine pauses at will: a property is judged by what it finds, and pytest-timeout ends what hangs.
settings.register_profile("kuaihui", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("kuaihui")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    Whatever is given a time of its own comes first: nobody waits at the end for a worker that began a live drill last.

    Everything else keeps its random order.
    """
    items.sort(key=lambda item: item.get_closest_marker("timeout") is None)
