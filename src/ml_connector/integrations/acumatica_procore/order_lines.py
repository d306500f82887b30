"""Compares the lines of a commitment, and its approved change orders, with the lines of its order.

Lines of the same coding are one cost: what counts is that the order has as much of it as the commitment, change
orders included, whether they raised a line or became lines of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import combinations

from msgspec import Struct, field

from ml_connector.integrations.acumatica_procore.links import Wanted, is_coded, pair_lines, same_text
from ml_connector.integrations.acumatica_procore.order_changes import new_line
from ml_connector.records.commitments import ChangeOrder, OrderLineChange
from ml_connector.records.documents import OrderPosition
from ml_connector.records.money import ZERO

_ALL_SUBSETS_OF = 10
_FEW = 2


class LineFinding(Struct, frozen=True, kw_only=True):
    """A difference in lines. `what` names the line or change order; raises, ends and adds see Repair.

    `unfixable` says why the hub cannot make it good, else `fix` tells what it would do.
    """

    kind: str
    what: str
    text: str
    source_amount: Decimal
    target_amount: Decimal
    fix: str = ""
    unfixable: str = ""
    raises: Mapping[int, Decimal] = field(default_factory=dict)
    ends: Mapping[int, str] = field(default_factory=dict)
    adds: tuple[tuple[int, OrderLineChange], ...] = ()


class Change(Struct, frozen=True):
    """An approved change order with its lines as the order should hold them."""

    order: ChangeOrder
    lines: tuple[Wanted, ...]

    @property
    def without_line(self) -> Decimal:
        """The part of its amount that no line of it shows."""
        return self.order.amount - sum((wanted.line.amount for wanted in self.lines), ZERO)


class _Place(Struct):
    """All that both sides have of one coding. `changes` are the amounts of change orders by their keys."""

    wanted: list[tuple[Wanted, OrderPosition | None]] = field(default_factory=list)
    others: list[OrderPosition] = field(default_factory=list)
    changes: dict[str, Decimal] = field(default_factory=dict)
    change_lines: list[Wanted] = field(default_factory=list)

    @property
    def positions(self) -> list[OrderPosition]:
        return [position for _, position in self.wanted if position] + self.others

    @property
    def coded(self) -> Wanted:
        """A line that shows the coding."""
        return self.wanted[0][0] if self.wanted else self.change_lines[0]

    def lacking(self, not_carried: Sequence[str] = ()) -> Decimal:
        """What the order has too little of, when the change orders `not_carried` are left out."""
        agreed = sum((wanted.line.amount for wanted, _ in self.wanted), ZERO)
        agreed += sum((amount for key, amount in self.changes.items() if key not in not_carried), ZERO)
        return agreed - sum((position.amount for position in self.positions), ZERO)


def compare(
    lines: Sequence[Wanted], changes: Sequence[Change], positions: Sequence[OrderPosition]
) -> list[LineFinding]:
    """What differs between lines with change orders and `positions`, the order's lines that are not cancelled."""
    pairs = pair_lines(lines, positions)
    taken = {position.line for position in pairs.values()}
    extra = [position for position in positions if position.line not in taken]
    places = _places(lines, changes, pairs)
    for place in places:
        joined = _joined(place, extra)
        place.others += joined
        extra = [position for position in extra if position not in joined]
    without_line = [change for change in changes if change.without_line and not _is_found(change, places, extra)]
    not_carried = _not_carried(places, changes)
    found = [_not_carried_over(change, places) for change in changes if change.order.key in not_carried]
    found += [_without_line(change) for change in without_line]
    for place in places:
        found += _of_place(place, place.lacking(not_carried))
    return found + [_too_much(position) for position in extra if position.amount]


def _places(lines: Sequence[Wanted], changes: Sequence[Change], pairs: Mapping[str, OrderPosition]) -> list[_Place]:
    places: dict[str, _Place] = {}
    for wanted in lines:
        places.setdefault(wanted.place, _Place()).wanted.append((wanted, pairs.get(wanted.line.key)))
    for change in changes:
        for wanted in change.lines:
            place = places.setdefault(wanted.place, _Place())
            place.changes[change.order.key] = place.changes.get(change.order.key, ZERO) + wanted.line.amount
            place.change_lines.append(wanted)
    return list(places.values())


def _joined(place: _Place, extra: Sequence[OrderPosition]) -> list[OrderPosition]:
    """Order lines without partner that belong to a place all the same.

    They make up what it lacks, together or alone, or they are change orders' own lines.
    """
    fitting = [position for position in extra if is_coded(place.coded, position)]
    lacking = place.lacking()
    if not fitting or not lacking:
        return []
    if sum((position.amount for position in fitting), ZERO) == lacking:
        return fitting
    alone = [position for position in fitting if position.amount == lacking]
    return alone[:1] or _lines_of_changes(place, fitting)


def _lines_of_changes(place: _Place, fitting: Sequence[OrderPosition]) -> list[OrderPosition]:
    by_key = {wanted.line.key: wanted.line for wanted in place.change_lines}
    pairs = pair_lines(place.change_lines, fitting)
    return [
        position
        for key, position in pairs.items()
        if position.amount == by_key[key].amount or same_text(by_key[key].text, position.text)
    ]


def _is_found(change: Change, places: Sequence[_Place], extra: list[OrderPosition]) -> bool:
    """Whether the order holds the part of a change order that has no line; what holds it is then accounted for."""
    amount = change.without_line
    for place in places:
        if place.lacking() == -amount:
            place.changes[change.order.key] = place.changes.get(change.order.key, ZERO) + amount
            return True
    found = next((position for position in extra if position.amount == amount), None)
    if found is not None:
        extra.remove(found)
    return found is not None


def _not_carried(places: Sequence[_Place], changes: Sequence[Change]) -> tuple[str, ...]:
    """The change orders that explain best what the order lacks, had they not been carried over.

    Best leaves the fewest places with an unexplained rest, then names the fewest change orders, the newest first.
    """
    keys = [one.order.key for one in reversed(changes) if any(one.order.key in place.changes for place in places)]
    most = len(keys) if len(keys) <= _ALL_SUBSETS_OF else _FEW
    subsets = [chosen for size in range(most + 1) for chosen in combinations(keys, size)]
    return min(subsets, key=lambda chosen: (sum(bool(place.lacking(chosen)) for place in places), len(chosen)))


def _not_carried_over(change: Change, places: Sequence[_Place]) -> LineFinding:
    """A change order that was approved and is not in the order, with what it does to each place."""
    raises: dict[int, Decimal] = {}
    adds: list[tuple[int, OrderLineChange]] = []
    words: list[str] = []
    unmapped: list[Wanted] = []
    for place in places:
        amount = place.changes.get(change.order.key, ZERO)
        if amount and place.positions:
            first = place.positions[0].line
            raises[first] = raises.get(first, ZERO) + amount
            words.append(f"{'raise' if amount > 0 else 'lower'} line {first} by {abs(amount):,f}")
        elif amount and place.coded.can_be_added:
            adds.append((0, new_line(place.coded, amount)))
            words.append(f"add a line of {amount:,f} on {place.coded.line.cost_code}")
        elif amount:
            unmapped.append(place.coded)
    return LineFinding(
        kind="change order",
        what=change.order.key,
        text=f"change order {change.order.number} ({change.order.title}) is approved, but not carried over",
        source_amount=change.order.amount,
        target_amount=ZERO,
        fix=" and ".join(words),
        unfixable=_unmapped(unmapped),
        raises=raises,
        adds=tuple(adds),
    )


def _without_line(change: Change) -> LineFinding:
    return LineFinding(
        kind="change order",
        what=change.order.key,
        text=f"change order {change.order.number} ({change.order.title}) is approved, but not carried over",
        source_amount=change.without_line,
        target_amount=ZERO,
        unfixable="it has no lines that say where its amount belongs: enter it in Acumatica on the line it changes",
    )


def _of_place(place: _Place, lacking: Decimal) -> list[LineFinding]:
    """What differs at one place besides change orders: lines that the order lacks, amounts, coding."""
    recoded = [
        (wanted, position)
        for wanted, position in place.wanted
        if position and wanted.coding and not is_coded(wanted, position)
    ]
    found: list[LineFinding] = []
    if lacking:
        missing = [wanted for wanted, position in place.wanted if not position and wanted.line.amount]
        rest = lacking - sum((wanted.line.amount for wanted in missing), ZERO)
        amounts = [wanted.line.amount for wanted in missing]
        if missing and not place.positions:
            amounts[-1] += rest
            rest = ZERO
        found += [_missing(wanted, amount) for wanted, amount in zip(missing, amounts, strict=True)]
        if rest and place.positions:
            position = _changed_position(place)
            if all(position is not other for _, other in recoded):
                found.append(_other_amount(position, rest))
        elif rest:
            found.append(_missing(place.coded, rest))
    else:
        rest = ZERO
    for wanted, position in recoded:
        found.append(_recoded(wanted, position, rest if position is _changed_position(place) else ZERO))
    return found


def _changed_position(place: _Place) -> OrderPosition:
    """The order line whose amount is another than its commitment line's, else the first."""
    unlike = (position for wanted, position in place.wanted if position and position.amount != wanted.line.amount)
    return next(unlike, place.positions[0])


def _missing(wanted: Wanted, amount: Decimal) -> LineFinding:
    can = wanted.can_be_added
    return LineFinding(
        kind="line",
        what=wanted.line.key,
        text=f"line {_name(wanted)} is not in the order",
        source_amount=amount,
        target_amount=ZERO,
        fix=f"add a line of {amount:,f} on {wanted.line.cost_code}" if can else "",
        unfixable="" if can else _unmapped([wanted]),
        adds=((0, new_line(wanted, amount)),) if can else (),
    )


def _other_amount(position: OrderPosition, lacking: Decimal) -> LineFinding:
    agreed = position.amount + lacking
    return LineFinding(
        kind="amount",
        what=f"line {position.line}",
        text=f"line {position.line} ({position.text}) has another amount",
        source_amount=agreed,
        target_amount=position.amount,
        fix=f"set line {position.line} to {agreed:,f}",
        raises={position.line: lacking},
    )


def _recoded(wanted: Wanted, position: OrderPosition, lacking: Decimal) -> LineFinding:
    there = " ".join(part for part in (position.account, position.project, position.task, position.cost_code) if part)
    agreed = position.amount + lacking
    can = wanted.can_be_added
    return LineFinding(
        kind="coding",
        what=f"line {position.line} {there}",
        text=f"line {position.line} ({position.text}) is coded {there}, not as {_name(wanted)}",
        source_amount=agreed,
        target_amount=position.amount,
        fix=f"cancel line {position.line} and add it anew on {wanted.line.cost_code}" if can else "",
        unfixable="" if can else _unmapped([wanted]),
        ends={position.line: "cancelled"} if can else {},
        adds=((position.line, new_line(wanted, agreed)),) if can else (),
    )


def _too_much(position: OrderPosition) -> LineFinding:
    ended = position.ended
    return LineFinding(
        kind="line",
        what=f"order line {position.line}",
        text=f"line {position.line} ({position.text}) of the order is not in the commitment",
        source_amount=ZERO,
        target_amount=position.amount,
        fix="" if ended else f"cancel line {position.line}",
        unfixable=f"the line is {ended} in Acumatica: correct it there" if ended else "",
        ends={} if ended else {position.line: "cancelled"},
    )


def _unmapped(lines: Sequence[Wanted]) -> str:
    codes = {f"{wanted.line.cost_code}.{wanted.line.cost_type}" for wanted in lines}
    if not codes:
        return ""
    return f"tables projects and coding do not say where {', '.join(sorted(codes))} belongs: add the rows first"


def _name(wanted: Wanted) -> str:
    line = wanted.line
    return f"{line.cost_code}.{line.cost_type} {line.text}".strip()
