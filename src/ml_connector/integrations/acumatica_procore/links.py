"""Which order in Acumatica stands for which commitment in Procore, and which of its lines for which line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from msgspec import Struct

from ml_connector.connectors.acumatica import connector as acumatica
from ml_connector.connectors.procore import connector as procore
from ml_connector.integrations import procore_documents
from ml_connector.integrations.acumatica_procore.bills import Coding
from ml_connector.integrations.declaration import Entry, Suggestion
from ml_connector.integrations.likeness import Agreed, bare_number, of_agreed
from ml_connector.records.commitments import Commitment, CommitmentLine
from ml_connector.records.documents import Order, OrderPosition
from ml_connector.records.money import ZERO

_NO_PROJECT = frozenset({"", "X"})
_LINKED, _CODED, _CODE, _AMOUNT, _TEXT = 1000, 100, 40, 10, 5


class Wanted(Struct, frozen=True, kw_only=True):
    """A commitment line as the order should hold it: project and coding there; None while a table lacks either.

    `linked` is the order line that table orders names for it, 0 for none.
    """

    line: CommitmentLine
    project: str = ""
    coding: Coding | None = None
    linked: int = 0

    @property
    def can_be_added(self) -> bool:
        """Whether the tables say all that a new order line needs."""
        return self.coding is not None

    @property
    def place(self) -> str:
        """Lines with the same place are one cost: the coding where it is known, else the source's own code."""
        if self.coding is None:
            return f"{self.line.cost_code}.{self.line.cost_type}"
        parts = (self.coding.account, self.coding.subaccount, self.project, self.coding.task, self.coding.cost_code)
        return "|".join(map(_key, parts))


def order_entry(order: Order) -> Entry:
    """An order for matching: compared with commitments of its number or amount."""
    total = amount_of(order.lines)
    name = f"{order.kind} {order.number} {order.vendor_number}: {order.text} {total}"
    return Entry(key=order.key, name=name, tokens=_tokens(order.vendor_number, [total]), subject=order)


def commitment_entry(commitment: Commitment) -> Entry:
    """A commitment for matching."""
    amounts = [commitment.total, commitment.original]
    name = f"{commitment.number} {commitment.title}, {commitment.vendor_name} {commitment.total}"
    return Entry(key=commitment.key, name=name, tokens=_tokens(commitment.number, amounts), subject=commitment)


def entry(record: Order | Commitment) -> Entry:
    """A record of either side for matching."""
    return order_entry(record) if isinstance(record, Order) else commitment_entry(record)


def orders(client: Any, since: date) -> list[Entry]:
    """All orders, whatever their date: commitments live longer than periods."""
    return [order_entry(order) for order in acumatica.order_list(client)]


def commitments(client: Any, since: date) -> list[Entry]:
    """All commitments that are not drafts."""
    documents = procore_documents.all_of(procore.commitments, client)
    return [commitment_entry(document) for document in documents if document.status != "draft"]


def score(order: Order, commitment: Commitment, counterpart: Callable[[str, str], str]) -> tuple[int, str]:
    """How surely an order stands for a commitment (revised or as agreed), 0 to 100, and why."""
    left = Agreed(vendor=order.vendor, numbers=(order.vendor_number,), amounts=(amount_of(order.lines),))
    amounts = (commitment.total, commitment.original)
    right = Agreed(vendor=commitment.vendor, numbers=(commitment.number,), amounts=amounts)
    return of_agreed(left, right, counterpart)


def amount_of(positions: Iterable[OrderPosition]) -> Any:
    """What order lines commit: the sum without cancelled ones, before tax."""
    return sum((one.amount for one in positions if one.ended != "cancelled"), ZERO)


def pair_lines(wanted: Sequence[Wanted], positions: Sequence[OrderPosition]) -> dict[str, OrderPosition]:
    """The order line that stands for each commitment line, by the line's key; the surest pairs first.

    A link decides, then coding, then the text under another coding; amounts and texts choose among several.
    """
    scored = sorted(
        (
            (points, -i, -j)
            for i, one in enumerate(wanted)
            for j, p in enumerate(positions)
            if (points := likeness(one, p))
        ),
        reverse=True,
    )
    pairs: dict[str, OrderPosition] = {}
    taken: set[int] = set()
    for _, i, j in scored:
        key, position = wanted[-i].line.key, positions[-j]
        if key not in pairs and position.line not in taken:
            pairs[key] = position
            taken.add(position.line)
    return pairs


def likeness(wanted: Wanted, position: OrderPosition) -> int:
    """How much speaks for an order line to stand for a commitment line; 0 when nothing sufficient does."""
    if wanted.linked == position.line:
        return _LINKED
    line = wanted.line
    same_amount, alike = position.amount == line.amount, same_text(line.text, position.text)
    rest = _AMOUNT * same_amount + _TEXT * alike
    if is_coded(wanted, position):
        return _CODED + rest
    if wanted.coding is None and line.cost_code and _bare(line.cost_code) == _bare(position.cost_code):
        return _CODE + rest
    return rest if alike or (wanted.coding is None and same_amount and line.amount) else 0


def is_coded(wanted: Wanted, position: OrderPosition) -> bool:
    """Whether an order line is coded as the commitment line should be; subaccounts may have separators."""
    coding = wanted.coding
    if coding is None:
        return False
    ours = (coding.account, wanted.project, coding.task, coding.cost_code)
    theirs = (position.account, position.project, position.task, position.cost_code)
    if any(_plain(one) != _plain(other) for one, other in zip(ours, theirs, strict=True)):
        return False
    return not coding.subaccount or _bare(coding.subaccount) == _bare(position.subaccount)


def same_text(ours: str, theirs: str) -> bool:
    """Whether two lines say the same; those that we added carry our mark before the text."""
    mine = ours.strip().casefold()
    there = theirs.strip().casefold()
    return bool(mine) and (there == mine or there.endswith(f": {mine}"))


def suggestions(left: Any, right: Any, pairs: Mapping[str, str]) -> list[Suggestion]:
    """Rows for table orders: the lines of paired commitments and orders, then open order lines without partner.

    Those are a work sheet: a person fills in the commitment line that each stands for.
    """
    there = acumatica.order_list(left)
    here = {document.key: document for document in procore_documents.all_of(procore.commitments, right)}
    found: list[Suggestion] = []
    rest: list[Suggestion] = []
    for order in there:
        commitment = here.get(pairs.get(order.key, ""))
        lines = _lines(commitment) if commitment else []
        live = [position for position in order.lines if position.active]
        paired = pair_lines([Wanted(line=line) for line in lines], live)
        of_line = {position.line: line for line in lines if (position := paired.get(line.key))}
        for position in live:
            proposed = _proposal(order, position, of_line.get(position.line))
            if proposed.source:
                found.append(proposed)
            elif order.active:
                rest.append(proposed)
    return found + rest


def _lines(commitment: Commitment) -> list[CommitmentLine]:
    """Only lines of the commitment itself: those are what requisitions bill."""
    return list(commitment.lines)


def _proposal(order: Order, position: OrderPosition, line: CommitmentLine | None) -> Suggestion:
    return Suggestion(
        source=line.key if line else "",
        source_name=f"{line.cost_code}.{line.cost_type} {line.text} {line.amount}" if line else "",
        target=f"{order.kind}|{order.number}|{position.line}",
        target_name=f"{order.vendor} {order.vendor_number}: {position.text} {position.amount}",
    )


def _tokens(number: str, amounts: Iterable[Any]) -> frozenset[str]:
    found = {f"amount {amount.normalize()}" for amount in amounts if amount}
    return frozenset(found | ({f"number {_bare(number)}"} if _bare(number) else set()))


def _bare(text: str) -> str:
    return bare_number(text)


def _plain(text: str) -> str:
    return "" if _key(text) in _NO_PROJECT else _key(text)


def _key(text: str) -> str:
    return text.strip().upper()
