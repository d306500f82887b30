"""Commitments and their change orders, each as a document of its own, by the company's treatment of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct

from ml_connector.integrations import cost_journals, differences, posting
from ml_connector.integrations.cost_journals import Place
from ml_connector.integrations.declaration import Desk, Difference, Facts, Hold, Sibling, Skip
from ml_connector.integrations.procore_sap_b1 import budgets
from ml_connector.integrations.procore_sap_b1.choices import (
    INVOICE_CLEARING,
    JOURNAL_CLEARING,
    PURCHASE_ORDER,
    SYSTEM,
    require_apart,
)
from ml_connector.integrations.procore_sap_b1.coding import BOOKS
from ml_connector.integrations.procore_sap_b1.journals import by_center
from ml_connector.records.commitments import Commitment, CommitmentChange, CommitmentLine
from ml_connector.records.documents import Bill, BillLine, PurchaseOrder
from ml_connector.records.journals import Journal, JournalLine, Role
from ml_connector.records.money import ZERO

LONGEST_NUMBER = 100  # vendors/sap_b1.md §5.1, NumAtCard
_COMMITTED = ("approved", "complete")
_NOT_POSTED = "commitment_not_posted"
_EARLIER = "earlier_commitment"


class _Agreed(Struct, frozen=True, kw_only=True):
    """What was agreed, and where it goes. `rest` is what the lines lack to `amount`."""

    reference: str
    number: str
    vendor: str
    day: date
    currency: str
    text: str
    source: str
    order: str
    amount: Decimal
    rest: Decimal
    placed: tuple[tuple[CommitmentLine, Place], ...]


def change_facts(change: CommitmentChange) -> Facts:
    """What a change order shows of itself."""
    return Facts(
        title=f"change order {change.number} {change.title} · {change.project_name}",
        number=change.number,
        day=change.day,
        amount=change.amount,
        currency=change.currency,
    )


def document_of(commitment: Commitment, reference: str, desk: Desk) -> Bill | Journal | PurchaseOrder:
    """A commitment without its change orders, by the treatment. Raises Hold or Skip."""
    _require_committed(commitment.status)
    day = posting.require_day(commitment.day, desk)
    agreed = _agreed(commitment, commitment.original, day, desk, reference=reference, change=None)
    return _by_treatment(agreed, desk)


def change_of(change: CommitmentChange, reference: str, desk: Desk) -> Bill | Journal | PurchaseOrder:
    """What an approved change order adds or takes away, by the treatment. Raises Hold or Skip."""
    _require_committed(change.status)
    day = posting.require_day(change.day, desk)
    commitment = _commitment_of(change, desk)
    agreed = _agreed(commitment, change.amount, day, desk, reference=reference, change=change)
    return _by_treatment(agreed, desk)


def number_of(commitment: Commitment, change: CommitmentChange | None) -> str:
    """The number that a commitment, or with `change` a change order on it, has in the ledger: SC-1, SC-1/CO-1."""
    return f"{commitment.number}/{change.number}" if change and commitment.number else commitment.number


def is_posted(commitment: str, desk: Desk) -> bool:
    """Whether a commitment was posted from here, so that its requisitions relieve it.

    One over nothing counts as posted: all of it comes with its change orders. One that somebody keyed in does not:
    nobody knows on which accounts it is. Raises Hold while that is open, and for one that was never posted from here
    where the company wants it to wait.
    """
    found = desk.record("commitments", commitment)
    if found is not None and any(one.document is not None for one in found.standing):
        return True
    if found is not None and found.settled and not found.standing and _is_over_nothing(found.document, desk):
        return True
    if found is None or not found.settled or (found.document.status == "draft" and not found.standing):
        raise Hold(
            _NOT_POSTED,
            f"its commitment {_name(commitment, found)} is not posted yet: it goes on after that "
            "(flow commitments must be switched on)",
        )
    if desk.rule("earlier_commitments") == "accrual":
        return False
    raise Hold(
        _EARLIER,
        f"its commitment {_name(commitment, found)} was not posted from here: set the rule earlier_commitments=accrual "
        "and replay this record, or enter it by hand and set it aside",
    )


def require_currency(currency: str, commitment: str, desk: Desk) -> None:
    """Raises Hold for what is in another currency than its commitment, which it could never clear."""
    found = desk.record("commitments", commitment)
    if found is None:
        return
    agreed = found.document.currency or desk.rule("currency")
    if agreed != currency:
        raise Hold(
            "other_currency",
            f"it is in {currency}, its commitment {_name(commitment, found)} in {agreed}: correct either in Procore, "
            f"then replay this record, or enter it in {SYSTEM} by hand and set it aside",
        )


def bound(commitment: str, project: str, desk: Desk) -> str:
    """What was posted for a commitment, and so must be taken back before the commitment is, in words; or ""."""
    billed = [one for one in desk.siblings(project, "requisitions") if one.document.commitment == commitment]
    changes = [one for one in desk.siblings(project, "change-orders") if one.document.commitment == commitment]
    names = [f"requisition {one.document.invoice_number or one.key}" for one in billed if one.standing or one.coming]
    names += [f"change order {one.document.number}" for one in changes if one.standing or one.coming]
    if not names:
        return ""
    return (
        f"{', '.join(names)} of it are posted or on their way: void or correct these in Procore first, or reverse "
        f"them in {SYSTEM}, then replay this record"
    )


def unbudgeted(commitment: Commitment, desk: Desk) -> list[Difference]:
    """The codes of an approved commitment that have no budget. Raises Hold or Skip."""
    _require_committed(commitment.status)
    posting.require_day(commitment.day, desk)
    currency = posting.currency_of(commitment.currency, desk)
    return budgets.unbudgeted(
        commitment.project, commitment.project_name, commitment.number, _amounts(commitment.lines), currency, desk
    )


def change_differences(change: CommitmentChange, desk: Desk) -> list[Difference]:
    """The codes of an approved change order without budget, and that its commitment is void. Raises Hold or Skip."""
    _require_committed(change.status)
    posting.require_day(change.day, desk)
    currency = posting.currency_of(change.currency, desk)
    found = budgets.unbudgeted(
        change.project, change.project_name, change.number, _amounts(change.lines), currency, desk
    )
    commitment = desk.record("commitments", change.commitment)
    if commitment is not None and commitment.document.status == "void":
        found.append(_of_void(change, commitment.document, currency))
    return found


def _of_void(change: CommitmentChange, commitment: Commitment, currency: str) -> Difference:
    return Difference(
        id=differences.id_of("void commitment", change.key, change.amount),
        kind="void commitment",
        project=change.project_name,
        source=f"{commitment.number}/{change.number}",
        target="",
        text=f"change order {change.number} is approved, but its commitment {commitment.number} is void",
        currency=currency,
        source_amount=change.amount,
        target_amount=None,
        by_hand="void the change order in Procore",
    )


def _require_committed(status: str) -> None:
    if status == "void":
        raise Skip("void", "it is void")
    if status not in _COMMITTED:
        raise Skip("not_approved", f"not approved yet: its status is {status}")


def _commitment_of(change: CommitmentChange, desk: Desk) -> Commitment:
    """The commitment of a change order. Raises Hold or Skip where it is not posted from here."""
    found = desk.record("commitments", change.commitment)
    if found is not None and found.document.status == "void":
        raise Skip("void", f"its commitment {_name(change.commitment, found)} is void")
    if not is_posted(change.commitment, desk):
        raise Skip(
            _EARLIER,
            f"its commitment {_name(change.commitment, found)} was not posted from here, nor is what changes it "
            "(rule earlier_commitments)",
        )
    assert found is not None
    commitment: Commitment = found.document
    return commitment


def _is_over_nothing(commitment: Commitment, desk: Desk) -> bool:
    """Whether there was nothing to post of a commitment of our time, since only change orders give it amounts."""
    ours = commitment.day is not None and commitment.day >= date.fromisoformat(desk.rule("cut_over"))
    return ours and commitment.status in _COMMITTED and not any(line.amount for line in commitment.lines)


def _name(key: str, found: Sibling | None) -> str:
    return found.document.number if found is not None else key


def _agreed(
    commitment: Commitment, amount: Decimal, day: date, desk: Desk, *, reference: str, change: CommitmentChange | None
) -> _Agreed:
    """Number, vendor and tables of a commitment or, with `change`, of a change order on it. Raises Hold or Skip."""
    require_apart(desk)
    lines = [line for line in (change or commitment).lines if line.amount]
    currency = posting.currency_of((change.currency if change else "") or commitment.currency, desk)
    if change:
        require_currency(currency, commitment.key, desk)
    number = number_of(commitment, change)
    posting.require_number(number, LONGEST_NUMBER, SYSTEM)
    posting.require_whole_units([amount, *(line.amount for line in lines)], currency)
    rest = posting.residue(amount, [line.amount for line in lines], currency, desk)
    if not lines:
        raise Skip("nothing_due", "no line of it has an amount")
    budgets.require_budgeted(commitment.project, commitment.project_name, number, _amounts(lines), currency, desk)
    place_of = BOOKS.site(commitment.project, commitment.project_name, day, amount, desk)
    return _Agreed(
        reference=reference,
        number=number,
        vendor=posting.vendor_of(commitment.vendor, commitment.vendor_name, SYSTEM, desk),
        day=day,
        currency=currency,
        text=f"Change order {change.number}, {change.title}" if change else f"Commitment {commitment.title}",
        source=f"change_order:{change.key}" if change else f"commitment:{commitment.key}",
        order=f"commitment:{commitment.key}",
        amount=amount,
        rest=rest,
        placed=tuple((line, place_of(line, line.amount)) for line in lines),
    )


def _amounts(lines: Sequence[CommitmentLine]) -> list[tuple[CommitmentLine, Decimal]]:
    return [(line, line.amount) for line in lines]


def _by_treatment(agreed: _Agreed, desk: Desk) -> Bill | Journal | PurchaseOrder:
    treatment = desk.rule("treatment")
    if treatment == INVOICE_CLEARING:
        return _invoice(agreed, desk)
    if treatment == JOURNAL_CLEARING:
        return _journal(agreed, desk)
    assert treatment == PURCHASE_ORDER
    return _order(agreed, desk)


def _invoice(agreed: _Agreed, desk: Desk) -> Bill:
    """A purchase invoice on the clearing account; a credit note where the sum is negative."""
    sign = -1 if agreed.amount < 0 else 1
    lines = [_bill_line(line, place, desk.rule("clearing_account"), sign) for line, place in agreed.placed]
    if agreed.rest:
        lines.append(posting.ledger_line(desk.rule("rounding_account"), sign * agreed.rest, "Rounding"))
    return Bill(
        reference=agreed.reference,
        vendor=agreed.vendor,
        number=agreed.number,
        date=agreed.day,
        period="",
        currency=agreed.currency,
        text=agreed.text,
        total=sign * agreed.amount,
        tax=ZERO,
        lines=tuple(lines),
        credit=sign < 0,
        source=agreed.source,
        order=agreed.order,
    )


def _journal(agreed: _Agreed, desk: Desk) -> Journal:
    """Dr clearing / Cr commitments given; debits and credits change sides where the sum is negative."""
    clearing = [
        JournalLine(
            account=desk.rule("clearing_account"),
            amount=line.amount,
            text=line.text,
            role=Role.COMMITMENT,
            project=place.project,
            center=place.center,
            source=line.key,
        )
        for line, place in agreed.placed
    ]
    given = by_center(
        [(place, -line.amount) for line, place in agreed.placed],
        account=desk.rule("commitments_account"),
        role=Role.COMMITMENT,
        text=agreed.text,
        rest=-agreed.rest,
    )
    return Journal(
        reference=agreed.reference,
        number=agreed.number,
        date=agreed.day,
        period="",
        currency=agreed.currency,
        text=agreed.text,
        lines=(*clearing, *cost_journals.rounding(agreed.rest, desk), *given),
        vendor=agreed.vendor,
        source=agreed.source,
        order=agreed.order,
    )


def _order(agreed: _Agreed, desk: Desk) -> PurchaseOrder:
    """A purchase order over the cost accounts.

    An order is not posted, so nothing can take part of it back: a credit note would be posted, and the lines of an
    open order are edited by people alone (vendors/sap_b1.md §5.2, §14). So what lowers one waits for a person.
    """
    if agreed.amount < 0:
        raise Hold(
            "negative_total",
            f"it lowers what was ordered by {-agreed.amount} {agreed.currency}, and an order cannot be negative: lower "
            f"the lines of order {agreed.number.partition('/')[0]} in {SYSTEM}, then set this record aside",
        )
    lines = [_bill_line(line, place, place.account, 1) for line, place in agreed.placed]
    if agreed.rest:
        lines.append(posting.ledger_line(desk.rule("rounding_account"), agreed.rest, "Rounding"))
    return PurchaseOrder(
        reference=agreed.reference,
        vendor=agreed.vendor,
        number=agreed.number,
        date=agreed.day,
        period="",
        currency=agreed.currency,
        text=agreed.text,
        total=agreed.amount,
        lines=tuple(lines),
        source=agreed.source,
        order=agreed.order,
    )


def _bill_line(line: CommitmentLine, place: Place, account: str, sign: int) -> BillLine:
    return BillLine(
        account=account,
        subaccount="",
        project=place.project,
        task="",
        cost_code="",
        amount=sign * line.amount,
        text=line.text,
        center=place.center,
        source=line.key,
    )
