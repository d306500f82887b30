"""First-day matching of Visma.net's orders with commitments that somebody keyed into Procore."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from ml_connector.connectors.procore import connector as procore
from ml_connector.connectors.visma_net import connector as visma_net
from ml_connector.integrations import likeness, procore_documents
from ml_connector.integrations.declaration import Entry, Matching
from ml_connector.integrations.likeness import Agreed
from ml_connector.integrations.visma_procore import orders
from ml_connector.records.documents import Order
from ml_connector.records.money import ZERO


def _orders(client: Any, since: date) -> list[Entry]:
    """Orders dated `since` or later that commit something; earlier ones stay where they are."""
    found = procore_documents.all_of(visma_net.purchase_orders, client)
    return [_entry(order) for order in found if order.active and order.day and order.day >= since]


def _entry(order: Order) -> Entry:
    total = sum(map(orders.amount_of, order.lines), ZERO)
    agreed = Agreed(vendor=order.vendor, numbers=(order.number, order.vendor_number), amounts=(total,))
    name = f"order {order.number} {order.vendor_number}: {order.text}, {order.vendor} {total}"
    return Entry(key=order.key, name=name, tokens=_tokens(agreed.numbers, agreed.amounts), subject=agreed)


def _commitments(client: Any, since: date) -> list[Entry]:
    """All commitments that we did not make, whatever their date and status."""
    return [
        Entry(
            key=one.key,
            name=f"{one.number} {one.title}, {one.vendor_name} {one.total}",
            tokens=_tokens((one.number,), (one.total,)),
            subject=Agreed(vendor=one.vendor, numbers=(one.number,), amounts=(one.total,)),
        )
        for one in procore.keyed_contracts(client)
        if one.status != "void"
    ]


def _tokens(numbers: Iterable[str], amounts: Iterable[Decimal]) -> frozenset[str]:
    bare = {f"number {number}" for number in map(likeness.bare_number, numbers) if number}
    return frozenset(bare | {f"amount {amount.normalize()}" for amount in amounts if amount})


COMMITMENTS = Matching(
    kind="commitments",
    title="Commitments that were keyed by hand",
    left=_orders,
    right=_commitments,
    score=likeness.of_agreed,
    adopts=orders.FLOW,
)
