"""The kinds of marketing documents, and what sets them apart."""

from __future__ import annotations

from typing import Final

from msgspec import Struct


class Kind(Struct, frozen=True, kw_only=True):
    """`sign` 1: the vendor is credited, -1: debited, 0: the vendor's account does not move."""

    name: str
    table: str
    lines: str
    object_type: int
    object: str
    journal: str
    sign: int
    series: int
    bases: tuple[int, ...] = ()
    """Object types that it can be copied from."""


INVOICE: Final = Kind(
    name="PurchaseInvoices",
    table="OPCH",
    lines="PCH1",
    object_type=18,
    object="oPurchaseInvoices",
    journal="ttAPInvoice",
    sign=1,
    series=7,
    bases=(20, 22),
)
CREDIT_NOTE: Final = Kind(
    name="PurchaseCreditNotes",
    table="ORPC",
    lines="RPC1",
    object_type=19,
    object="oPurchaseCreditNotes",
    journal="ttAPCreditNote",
    sign=-1,
    series=8,
    bases=(18,),
)
RECEIPT: Final = Kind(
    name="PurchaseDeliveryNotes",
    table="OPDN",
    lines="PDN1",
    object_type=20,
    object="oPurchaseDeliveryNotes",
    journal="ttPurchaseDeliveryNote",
    sign=0,
    series=9,
    bases=(22,),
)
ORDER: Final = Kind(
    name="PurchaseOrders",
    table="OPOR",
    lines="POR1",
    object_type=22,
    object="oPurchaseOrders",
    journal="",
    sign=0,
    series=10,
)
ALL: Final = (INVOICE, CREDIT_NOTE, RECEIPT, ORDER)
BY_TYPE: Final = {kind.object_type: kind for kind in ALL}
BY_OBJECT: Final = {kind.object: kind for kind in ALL}
