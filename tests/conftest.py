"""For all tests: the collector of waste does not look through everything that was imported again and again."""

from __future__ import annotations

import gc

gc.set_threshold(50_000, 20, 100)


def pytest_collection_finish() -> None:
    """What is there before the first test stays until the last one."""
    gc.freeze()
