"""Which batches take others back, and count themselves (vendors/visma_net.md §6.4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ml_connector.connectors.kit.target import Item
from ml_connector.connectors.visma_net import objects, wire
from ml_connector.connectors.visma_net.wire import Record


class Reversals:
    """Those among some batches: ours by their marks, people's by the number that they name."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._by_mark: dict[str, Record] = {}
        self._by_number: dict[str, list[Record]] = defaultdict(list)
        for record in filter(is_released, records):
            if mark := objects.reference_of(record):
                self._by_mark[mark] = record
            elif original := wire.text(record, "originalBatchNumber"):
                self._by_number[original].append(record)

    def of(self, item: Item) -> Record | None:
        """The batch that takes an item's back, or None while it stands."""
        number = item.key or item.number
        return self.ours(item.reference, number) or self.theirs(number)

    def ours(self, reference: str, number: str) -> Record | None:
        """The batch by which we took one back, unless a person reversed that in turn."""
        made = self._by_mark.get(mark(reference, number))
        return made if made and self.theirs(wire.text(made, "batchNumber")) is None else None

    def theirs(self, number: str, before: frozenset[str] = frozenset()) -> Record | None:
        """The batch by which a person took one back; one that was itself reversed takes nothing back any more."""
        seen = before | {number}
        for record in self._by_number.get(number, []):
            own = wire.text(record, "batchNumber")
            if own not in seen and self.theirs(own, seen) is None:
                return record
        return None


def mark(reference: str, number: str) -> str:
    """The mark of the batch by which we take one of ours back. It names both: the same may be posted again."""
    return f"{reference}{objects.REVERSING}{number}"


def is_released(record: Record | None) -> bool:
    """Whether a batch counts, or soon will, and can no longer be changed."""
    return record is not None and wire.text(record, "status") in objects.RELEASED
