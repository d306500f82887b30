"""Documents over the difference between what is due now and what was posted (rule corrections=post_delta)."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from msgspec import structs

from ml_connector.integrations.declaration import Hold
from ml_connector.records.documents import Bill, BillLine, PurchaseOrder
from ml_connector.records.journals import Journal, JournalLine
from ml_connector.records.money import ZERO

Document = Bill | Journal | PurchaseOrder


def delta_of(new: Document, posted: Document) -> Document | None:
    """The document that makes good the difference, or None when no amount differs.

    Lines are netted by their coding. Raises Hold when something else changed, or when the difference cannot be posted.
    """
    if isinstance(new, Bill) and isinstance(posted, Bill):
        return _of_bills(new, posted)
    if isinstance(new, Journal) and isinstance(posted, Journal):
        return _of_journals(new, posted)
    if isinstance(new, PurchaseOrder) and isinstance(posted, PurchaseOrder):
        return _of_orders(new, posted)
    raise Hold(
        "changed_after_posting",
        "it was posted as another kind of document than the rules ask for now: correct it in the target by hand, then "
        "set this record aside",
    )


def _of_bills(new: Bill, posted: Bill) -> Bill | None:
    """A bill, or a credit where less is owed than before."""
    _require_same(new, posted)
    if new.releases != posted.releases:
        raise Hold(
            "changed_after_posting",
            "it releases other retainage than was released when it was posted: a difference cannot make that good, "
            "correct it in the target by hand, then set this record aside",
        )
    total = _signed(new, new.total) - _signed(posted, posted.total)
    tax = _signed(new, new.tax) - _signed(posted, posted.tax)
    moved = _moved([(_sign(new), new.lines), (-_sign(posted), posted.lines)])
    if not moved and not total:
        return None
    sign = -1 if total < 0 else 1
    lines = tuple(
        structs.replace(line, amount=sign * line.amount, retainage=sign * line.retainage, text=new.text)
        for line in moved
    )
    return structs.replace(
        new, number=_number(new), text=f"Correction: {new.text}", total=sign * total, tax=sign * tax, lines=lines,
        credit=total < 0, releases=(),
    )  # fmt: skip


def _of_journals(new: Journal, posted: Journal) -> Journal | None:
    """Both balance, and so does their difference."""
    _require_same(new, posted)
    moved: dict[JournalLine, Decimal] = defaultdict(Decimal)
    for sign, lines in ((1, new.lines), (-1, posted.lines)):
        for line in lines:
            moved[structs.replace(line, amount=ZERO, text="")] += sign * line.amount
    found = tuple(structs.replace(line, amount=amount, text=new.text) for line, amount in moved.items() if amount)
    if not found:
        return None
    return structs.replace(new, number=_number(new), text=f"Correction: {new.text}", lines=found)


def _of_orders(new: PurchaseOrder, posted: PurchaseOrder) -> PurchaseOrder | None:
    """A further order; one that is lowered is a person's work."""
    _require_same(new, posted)
    lines = _moved([(1, new.lines), (-1, posted.lines)])
    total = new.total - posted.total
    if not lines and not total:
        return None
    if total < 0:
        raise Hold(
            "changed_after_posting",
            f"it is {-total} {new.currency} less than was ordered: lower or close the order in the target by hand, "
            "then set this record aside",
        )
    found = tuple(structs.replace(line, text=new.text) for line in lines)
    return structs.replace(new, number=_number(new), text=f"Correction: {new.text}", total=total, lines=found)


def _require_same(new: Document, posted: Document) -> None:
    if (new.vendor, new.currency) != (posted.vendor, posted.currency):
        raise Hold(
            "changed_after_posting",
            f"it was posted to vendor {posted.vendor or '(none)'} in {posted.currency} and is now of "
            f"{new.vendor or '(none)'} in {new.currency}: a difference cannot make that good, reverse the posted "
            "document by hand and replay",
        )
    if new.order != posted.order:
        raise Hold(
            "changed_after_posting",
            f"it was posted for {posted.order or 'no commitment'} and is now of {new.order or 'none'}: reverse the "
            "posted document by hand and replay",
        )


def _moved(parts: list[tuple[int, tuple[BillLine, ...]]]) -> list[BillLine]:
    """One line per coding with what is left of its amounts, each part counted with its sign."""
    moved: dict[BillLine, tuple[Decimal, Decimal]] = defaultdict(lambda: (ZERO, ZERO))
    for sign, lines in parts:
        for line in lines:
            coding = structs.replace(line, amount=ZERO, retainage=ZERO, text="")
            amount, retainage = moved[coding]
            moved[coding] = (amount + sign * line.amount, retainage + sign * line.retainage)
    return [
        structs.replace(line, amount=amount, retainage=retainage)
        for line, (amount, retainage) in moved.items()
        if amount or retainage
    ]


def _sign(bill: Bill) -> int:
    return -1 if bill.credit else 1


def _signed(bill: Bill, amount: Decimal) -> Decimal:
    return _sign(bill) * amount


def _number(new: Document) -> str:
    """The source's number with that of the version, which no other document has."""
    version = new.reference.rpartition("-")[2]
    return f"{new.number}/{version}"
