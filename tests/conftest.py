"""For all tests: waste is not looked for in all that was imported, and what takes long begins first."""

from __future__ import annotations

import gc

import pytest

LONGEST = (
    "test_secrets.py", "test_sap_books_by_hand.py", "test_docs.py", "test_sap_treatments.py", "test_corrections.py",
    "test_visma_books_by_hand.py", "test_two_way_bulk.py", "test_sap_sessions.py", "test_commitments.py",
    "test_two_way.py", "test_calls.py", "test_commitment_fixes.py", "test_first_day.py", "test_sap_calls.py",
    "test_two_way_cases.py", "test_tenants.py", "test_keys.py", "test_engine.py", "test_sap_never_twice.py",
)  # fmt: skip
"""In this order, before all others of their kind, so that nobody works on alone in the end."""

gc.set_threshold(50_000, 20, 100)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of whole hubs take longer than any other."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> tuple[bool, int]:
    name = item.path.name
    return item.path.parent.name != "integration", LONGEST.index(name) if name in LONGEST else len(LONGEST)


def pytest_collection_finish() -> None:
    """What is there before the first test stays until the last one."""
    gc.freeze()
