"""Vendors, cost codes and orders as sources (vendors/acumatica.md §8.1, §8.4, §8.5, §8.7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from ml_connector.connectors.acumatica import masters, wire
from ml_connector.connectors.acumatica.listing import Address, EntitySource, Entries, Listing
from ml_connector.connectors.acumatica.masters import SUBCONTRACT
from ml_connector.connectors.acumatica.odata import all_of, eq, one_of
from ml_connector.connectors.acumatica.orders import PURCHASE_ORDER
from ml_connector.connectors.acumatica.wire import BadRecord, Record
from ml_connector.records.documents import Order

_COMPANY: Final = "company"


def _by(*names: str) -> Callable[[Record], list[Address]]:
    """The address made of these key fields."""
    return lambda record: [tuple(wire.text(record, name) for name in names)]


def _keyed(name: str) -> Callable[[Sequence[str]], Iterator[str]]:
    return lambda keys: one_of(name, keys)


def _named(key: str, what: str) -> str:
    if not key:
        raise BadRecord(f"the {what} has no key")
    return key


def _vendor(record: Record) -> Entries:
    found = masters.supplier(record)
    return [(_named(found.key, "vendor"), found)]


def _cost_code(record: Record) -> Entries:
    found = masters.cost_code(record)
    return [(_named(found.key, "cost code"), found)]


def _order(order: Order) -> Entries:
    _named(order.number, "order")
    return [(order.key, order)]


def _orders_asked(keys: Sequence[str]) -> Iterator[str]:
    """Conditions for keys such as `Normal|000045`, one type after the other."""
    split = [key.partition("|") for key in keys]
    for kind in dict.fromkeys(kind for kind, _, _ in split):
        for condition in one_of("OrderNbr", (number for each, _, number in split if each == kind)):
            yield all_of(eq("Type", kind), condition)


def _subcontracts_asked(keys: Sequence[str]) -> Iterator[str]:
    return one_of("SubcontractNbr", (key.partition("|")[2] for key in keys))


def _has_lines(record: Record) -> bool:
    """Lists may come without lines where single records do not (vendors/acumatica.md §12)."""
    return bool(record.get("Details"))


def _has_contact(record: Record) -> bool:
    return bool(wire.linked(wire.linked(record, "MainContact"), "Address"))


vendors: Final = EntitySource(
    "vendor",
    {
        _COMPANY: Listing(
            name="vendors",
            entity="Vendor",
            expand=masters.CONTACT,
            addresses=_by("VendorID"),
            whole=_has_contact,
            entries=_vendor,
            asked=_keyed("VendorID"),
        )
    },
)
cost_code_list: Final = EntitySource(
    "cost_code",
    {
        _COMPANY: Listing(
            name="cost codes",
            entity="CostCode",
            addresses=_by("CostCodeID"),
            entries=_cost_code,
            asked=_keyed("CostCodeID"),
        )
    },
)
orders: Final = EntitySource(
    "order",
    {
        PURCHASE_ORDER: Listing(
            name="purchase orders",
            entity=PURCHASE_ORDER,
            expand=("Details",),
            addresses=_by("Type", "OrderNbr"),
            whole=_has_lines,
            entries=lambda record: _order(masters.purchase_order(record)),
            asked=_orders_asked,
        ),
        SUBCONTRACT: Listing(
            name="subcontracts",
            entity=SUBCONTRACT,
            expand=("Details",),
            addresses=_by("SubcontractNbr"),
            whole=_has_lines,
            entries=lambda record: _order(masters.subcontract(record)),
            asked=_subcontracts_asked,
        ),
    },
)
