"""Native retainage: what a release takes from which of the commitment's bills, oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from ml_connector.integrations.declaration import Desk, Hold, Sibling
from ml_connector.records import money
from ml_connector.records.documents import Bill, Requisition, RetainageRelease


def releases_of(requisition: Requisition, desk: Desk) -> tuple[RetainageRelease, ...]:
    """What a requisition releases, bill by bill; nothing where retainage is kept on an account. Raises Hold.

    Only what bills of ours withhold counts, less what was released of them already. Retainage of bills that somebody
    keyed in is not known here.
    """
    wanted = sum((line.retainage_released for line in requisition.lines), money.ZERO)
    if not wanted or desk.rule("retainage") != "native":
        return ()
    if wanted < 0:
        raise Hold("retainage_release", f"it releases {wanted} of retainage: correct it at the source")
    others = [
        other
        for other in desk.siblings(requisition.project)
        if other.document.commitment == requisition.commitment and other.key != requisition.key
    ]
    earlier = sorted(
        (other for other in others if other.document.sequence < requisition.sequence),
        key=lambda other: other.document.sequence,
    )
    _require_settled(earlier)
    withheld = _withheld(earlier, others)
    if (known := sum(withheld.values(), money.ZERO)) < wanted:
        raise Hold("retainage_release", _too_little(wanted, known, withheld))
    return tuple(_split(wanted, withheld))


def _require_settled(earlier: Sequence[Sibling]) -> None:
    """What earlier ones withhold and release must be certain first; it is looked at again when they are posted."""
    waiting = [other.document for other in earlier if not other.settled]
    if waiting:
        names = ", ".join(f"{one.sequence} ({one.invoice_number or 'no number'})" for one in waiting)
        raise Hold(
            "retainage_release",
            f"it releases retainage, and requisition {names} of its commitment is not posted yet: post that one or set "
            "it aside, then replay this record",
        )


def _withheld(earlier: Sequence[Sibling], others: Sequence[Sibling]) -> dict[str, Decimal]:
    """What is still withheld by bill, oldest first. Raises Hold where a credit took some of it back."""
    withheld: dict[str, Decimal] = {}
    for number, bill in (bill for other in earlier for bill in _bills(other)):
        amount = sum((line.retainage for line in bill.lines), money.ZERO)
        if amount and (bill.credit or amount < 0):
            raise Hold(
                "retainage_release",
                f"it releases retainage, of which {number} took some back: release it in the target on the bills of "
                "the commitment, then set this record aside",
            )
        if amount:
            withheld[number] = amount
    for _, bill in (bill for other in others for bill in _bills(other)):
        for release in bill.releases:
            withheld[release.bill] = withheld.get(release.bill, money.ZERO) - release.amount
    return withheld


def _bills(sibling: Sibling) -> list[tuple[str, Bill]]:
    return [(one.number, one.document) for one in sibling.standing if one.document is not None]


def _split(wanted: Decimal, withheld: dict[str, Decimal]) -> list[RetainageRelease]:
    found = []
    for bill, amount in withheld.items():
        part = min(amount, wanted)
        if part > 0:
            found.append(RetainageRelease(bill=bill, amount=part))
            wanted -= part
    return found


def _too_little(wanted: Decimal, known: Decimal, withheld: dict[str, Decimal]) -> str:
    bills = ", ".join(f"{bill}: {amount}" for bill, amount in withheld.items() if amount)
    return (
        f"it releases {wanted} of retainage, but bills that were posted from here for its commitment withhold only "
        f"{known}{f' ({bills})' if bills else ''}; others were keyed by hand: release it in the target on the bills of "
        "the commitment, then set this record aside"
    )
