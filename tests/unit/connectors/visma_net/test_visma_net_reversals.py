"""Which batches take others back: ours by mark and number, people's by the number that they name, while they stand."""

from __future__ import annotations

from typing import Any

import pytest
from visma_company import Row, batch

from ml_connector.connectors.kit.target import Item
from ml_connector.connectors.visma_net import objects, reversals
from ml_connector.connectors.visma_net.reversals import Reversals

OURS = Item(reference="ML-ABC-1", document=None, key="100", number="100")


def made(number: str, original: str = "", status: str = "Posted", mark: str = "ML-ABC-1") -> Row:
    changes: dict[str, Any] = {"status": status, "description": f"{mark}: Requisition 3"}
    return batch(number, 5, **changes, **({"originalBatchNumber": original} if original else {}))


def back(*records: Row) -> str:
    """The number of what takes batch 100 back."""
    return str((Reversals(records).of(OURS) or {}).get("batchNumber", ""))


@pytest.mark.parametrize(
    ("records", "number"),
    [
        ([made("100")], ""),
        ([made("100"), made("101", "100")], "101"),
        ([made("100"), made("101", "100", status="Balanced")], ""),
        ([made("100"), made("101", "100"), made("102", "101")], ""),
        ([made("100"), made("101", "100"), made("102", "101"), made("103", "102")], "101"),
        ([made("100"), made("101", "100"), made("102", "101", status="Voided")], "101"),
        ([made("100"), made("101", mark="ML-ABC-1R100")], "101"),
        ([made("100"), made("101", mark="ML-ABC-1R99")], ""),
        ([made("100"), made("101", mark="ML-ABC-1R100", status="Balanced")], ""),
        ([made("100"), made("101", mark="ML-ABC-1R100"), made("102", "101", mark="ML-ABC-1R100")], ""),
        ([made("100", "101"), made("101", "100")], "101"),
    ],
)
def test_only_what_is_released_and_stands_takes_back(records: list[Row], number: str) -> None:
    assert back(*records) == number


def test_a_batch_that_reverses_ours_taken_back_names_ours() -> None:
    def restored(record: Row) -> str:
        return objects.batch(record, lambda own: own, "X").restores

    assert restored(made("102", "101", mark=reversals.mark("ML-ABC-1", "100"))) == "100"
    assert restored(made("101", mark=reversals.mark("ML-ABC-1", "100"))) == ""
    assert restored(made("101", "100")) == ""
    assert restored(made("101", "100", mark="Rent")) == ""
