"""Commitments in Procore and the orders in Acumatica that stand for them: what differs, and what makes it good.

Procore's commitment is what the project team agreed; the order follows, difference by difference, as a person approves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import partial

from ml_connector.integrations.acumatica_procore import links, order_changes, order_lines
from ml_connector.integrations.acumatica_procore.bills import Coding
from ml_connector.integrations.acumatica_procore.links import Wanted
from ml_connector.integrations.acumatica_procore.order_changes import Repair
from ml_connector.integrations.declaration import Desk, Difference, Facts, Hold, InStep, Skip
from ml_connector.integrations.differences import id_of
from ml_connector.records.commitments import ChangeOrder, Commitment, CommitmentLine, OrderChange
from ml_connector.records.documents import Order
from ml_connector.records.money import ZERO

KIND = "commitments"
_COMPLETED = frozenset({"Completed", "Closed"})
_CANCELED = "Canceled"
_ON_HOLD = "On Hold"
_Draft = Callable[..., Difference]


def order_facts(order: Order) -> Facts:
    """What the record shows of itself."""
    return Facts(
        title=f"{order.kind} {order.number} {order.text} · {order.vendor}",
        number=order.number,
        day=None,
        amount=order.total,
        currency=order.currency,
    )


def differences(commitment: Commitment, desk: Desk) -> list[Difference]:
    """All in which a commitment's order is not as the commitment. Raises Hold or Skip where nothing can be compared."""
    return [repair.difference for repair in _repairs(commitment, desk)]


def order_differences(order: Order, desk: Desk) -> list[Difference]:
    """That an order has no commitment, where it needs one. Raises Hold or Skip."""
    return [repair.difference for repair in _order_repairs(order, desk)]


def change_of(commitment: Commitment, reference: str, desk: Desk) -> OrderChange:
    """The change of the order that carries out the approved fixes. Raises Hold, Skip, or InStep without difference."""
    approved = _approved(_repairs(commitment, desk), desk)
    twin = desk.twin(KIND, commitment.key)
    if twin is None or twin.document is None:
        return order_changes.new_order(commitment, _vendor(commitment, desk), approved[0], reference)
    return order_changes.change_of(twin.document, approved, reference)


def cancellation_of(order: Order, reference: str, desk: Desk) -> OrderChange:
    """The cancellation of an order that no commitment stands behind, once approved. Raises Hold, Skip or InStep."""
    return order_changes.change_of(order, _approved(_order_repairs(order, desk), desk), reference)


def _approved(repairs: Sequence[Repair], desk: Desk) -> list[Repair]:
    """The repairs that a person approved. Raises InStep when there is nothing to repair, Hold when none is approved."""
    if not repairs:
        raise InStep
    approved = [one for one in repairs if one.difference.fix and desk.approved(one.difference.id)]
    if approved:
        return approved
    listed = "; ".join(_told(one.difference) for one in repairs)
    if any(one.difference.fix for one in repairs):
        listed += ": approve the fixes that are right ('ml-connector approve', see 'ml-connector differences')"
    raise Hold("differs", listed)


def _told(difference: Difference) -> str:
    remedy = difference.fix or difference.by_hand
    return f"{difference.id} {difference.text}{_figures(difference)} ({remedy})"


def _figures(difference: Difference) -> str:
    if difference.source_amount is None or difference.target_amount is None:
        return ""
    return f", {difference.source_amount:,f} agreed, {difference.target_amount:,f} ordered"


def _repairs(commitment: Commitment, desk: Desk) -> list[Repair]:
    twin = desk.twin(KIND, commitment.key)
    if twin is None or twin.gone:
        return _without_order(commitment, desk, is_gone=twin is not None)
    if twin.document is None:
        raise Hold("not_read", f"its order {twin.key} has not been read since it was paired or changed: it will be")
    order: Order = twin.document
    draft = partial(_difference, commitment, order, desk)
    repairs = [*_headers(commitment, order, desk, draft), *_status(commitment, order, draft)]
    if commitment.status in ("approved", "complete") and order.status != _CANCELED:
        repairs += _lines(commitment, order, desk, draft)
    return repairs


def _difference(
    commitment: Commitment,
    order: Order | None,
    desk: Desk,
    kind: str,
    what: str,
    text: str,
    *,
    amounts: tuple[Decimal, Decimal] | None = None,
    fix: str = "",
    by_hand: str = "",
) -> Difference:
    source_amount, target_amount = amounts or (None, None)
    return Difference(
        id=id_of(commitment.key, order.key if order else "", kind, what, source_amount, target_amount, fix),
        kind=kind,
        project=desk.find("projects", commitment.project, day=_day(commitment.day, desk)) or commitment.project_name,
        source=commitment.number,
        target=f"{order.kind} {order.number}" if order else "",
        text=text,
        currency=commitment.currency or (order.currency if order else ""),
        source_amount=source_amount,
        target_amount=target_amount,
        fix=fix,
        by_hand=by_hand,
    )


def _day(day: date | None, desk: Desk) -> date:
    """The day whose mapping rows are in force for a commitment: it stands on, so not before the cut-over date."""
    cut_over = date.fromisoformat(desk.rule("cut_over"))
    return max(day, cut_over) if day else cut_over


def _vendor(commitment: Commitment, desk: Desk) -> str:
    return desk.counterpart("vendors", commitment.vendor)


# a commitment without order


def _without_order(commitment: Commitment, desk: Desk, *, is_gone: bool) -> list[Repair]:
    if commitment.status != "approved":
        raise Skip("not_approved", f"it has no order, and needs none while its status is {commitment.status}")
    if not is_gone:
        _require_looked_for(commitment, commitment.key, desk)
    wanted = [_wanted(commitment, line, desk) for line in _all_lines(commitment)]
    wanted = [one for one in wanted if one.line.amount]
    trouble = _why_not_orderable(commitment, wanted, desk)
    kind = order_changes.KINDS[commitment.kind]
    difference = _difference(
        commitment,
        None,
        desk,
        "missing",
        "order",
        "its order was deleted in Acumatica" if is_gone else "it has no order in Acumatica",
        amounts=(commitment.total, ZERO),
        fix="" if trouble else f"enter a {kind} order of {len(wanted)} lines",
        by_hand=trouble,
    )
    adds = () if trouble else tuple((0, order_changes.new_line(one, one.line.amount)) for one in wanted)
    return [Repair(difference=difference, adds=order_changes.marked(difference.id, adds))]


def _require_looked_for(record: Commitment | Order, key: str, desk: Desk) -> None:
    """Nothing is called missing before somebody looked for it, and decided of what may be the same. Raises Hold."""
    if not desk.matched(KIND):
        raise Hold(
            "not_matched",
            "nobody has looked yet for commitments and orders that belong together: run 'ml-connector match', "
            "then accept the pairs",
        )
    if like := desk.lookalike(KIND, key, record):
        raise Hold(
            "no_match",
            f"it may belong to {like}: accept the pair, or say that it has none (ml-connector match --kind {KIND})",
        )


def _why_not_orderable(commitment: Commitment, wanted: Sequence[Wanted], desk: Desk) -> str:
    """Why no order can be made for a commitment yet, or ""."""
    if not _vendor(commitment, desk):
        return f"vendor {commitment.vendor_name} ({commitment.vendor}) is not matched with one in Acumatica: match it"
    if not wanted:
        return "it has no lines with an amount"
    if any(change.amount != sum(line.amount for line in change.lines) for change in _approved_changes(commitment)):
        return "an approved change order shows no lines for its amount: enter the order in Acumatica, then match"
    codes = sorted({f"{one.line.cost_code}.{one.line.cost_type}" for one in wanted if not one.can_be_added})
    if codes:
        return f"tables projects and coding do not say where {', '.join(codes)} belongs: add the rows first"
    return ""


# headers


def _headers(commitment: Commitment, order: Order, desk: Desk, draft: _Draft) -> list[Repair]:
    found = []
    vendor = _vendor(commitment, desk)
    if not vendor:
        text = f"vendor {commitment.vendor_name} ({commitment.vendor}) is not matched, the order is of {order.vendor}"
        found.append(draft("vendor", order.vendor, text, by_hand="accept or add the match of the vendor"))
    elif vendor.strip().upper() != order.vendor.strip().upper():
        text = f"the vendor is {commitment.vendor_name} ({vendor} in Acumatica), the order is of {order.vendor}"
        remedy = "enter the order anew for the right vendor in Acumatica, cancel this one, and match the new one"
        found.append(draft("vendor", f"{vendor} {order.vendor}", text, by_hand=remedy))
    if commitment.currency and order.currency and commitment.currency != order.currency:
        text = f"the commitment is in {commitment.currency}, the order in {order.currency}"
        found.append(draft("currency", order.currency, text, by_hand="enter the order anew in Acumatica"))
    return [Repair(difference=difference) for difference in found]


# status


def _status(commitment: Commitment, order: Order, draft: _Draft) -> list[Repair]:
    """Whether the order counts as the commitment does; a completed order is as good as an open one."""
    match commitment.status:
        case "approved":
            return _of_approved(order, draft)
        case "complete":
            return _of_complete(order, draft)
        case "void":
            return _of_void(order, draft)
    if not order.active:
        return []
    text = f"the commitment is not approved, but the order is {order.status}"
    difference = draft("status", f"draft {order.status}", text, fix="put the order on hold")
    return [Repair(difference=difference, held=True)]


def _of_approved(order: Order, draft: _Draft) -> list[Repair]:
    if order.active or order.status in _COMPLETED:
        return []
    text = f"the commitment is approved, but the order is {order.status}"
    if order.status == _ON_HOLD:
        difference = draft("status", "approved On Hold", text, fix="release the order from hold")
        return [Repair(difference=difference, held=False)]
    remedy = "open it again" if order.status == _CANCELED else "have it approved"
    difference = draft("status", f"approved {order.status}", text, by_hand=f"{remedy} in Acumatica")
    return [Repair(difference=difference)]


def _of_complete(order: Order, draft: _Draft) -> list[Repair]:
    if order.status in _COMPLETED:
        return []
    text = f"the commitment is complete, but the order is {order.status}"
    if order.active or order.status == _ON_HOLD:
        return [_ending(order, "completed", "complete", text, draft)]
    difference = draft("status", f"complete {order.status}", text, by_hand="put it right in Acumatica")
    return [Repair(difference=difference)]


def _of_void(order: Order, draft: _Draft) -> list[Repair]:
    if order.status == _CANCELED:
        return []
    text = f"the commitment is void, but the order is {order.status}"
    if order.status in _COMPLETED or any(position.ended == "completed" for position in order.lines):
        remedy = "it is billed or completed at least in part: settle with the vendor, then cancel it in Acumatica"
        return [Repair(difference=draft("status", f"void {order.status}", text, by_hand=remedy))]
    return [_ending(order, "cancelled", "cancel", text, draft)]


def _ending(order: Order, ended: str, verb: str, text: str, draft: _Draft) -> Repair:
    lines = [position.line for position in order.lines if position.active]
    fix = f"{verb} {len(lines)} lines of the order"
    difference = draft("status", f"{ended} {order.status} {lines}", text, fix=fix)
    return Repair(difference=difference, ends=dict.fromkeys(lines, ended), held=False)


# lines


def _lines(commitment: Commitment, order: Order, desk: Desk, draft: _Draft) -> list[Repair]:
    live = [position for position in order.lines if position.ended != "cancelled"]
    lines = [_wanted(commitment, line, desk, order) for line in commitment.lines]
    changes = [
        order_lines.Change(change, tuple(_wanted(commitment, line, desk, order) for line in change.lines))
        for change in _approved_changes(commitment)
    ]
    closed = f"the order is {order.status} in Acumatica: open it there, then approve" if _is_over(order) else ""
    repairs = []
    for one in order_lines.compare(lines, changes, live):
        by_hand = one.unfixable or closed
        difference = draft(
            one.kind,
            one.what,
            one.text,
            amounts=(one.source_amount, one.target_amount),
            fix="" if by_hand else one.fix,
            by_hand=by_hand,
        )
        adds = order_changes.marked(difference.id, one.adds)
        repairs.append(Repair(difference=difference, raises=one.raises, ends=one.ends, adds=adds))
    return repairs


def _is_over(order: Order) -> bool:
    return order.status in _COMPLETED


def _wanted(commitment: Commitment, line: CommitmentLine, desk: Desk, order: Order | None = None) -> Wanted:
    """A line with what the tables say of it; a project's own row of table coding goes before the company's."""
    day = _day(commitment.day, desk)
    project = desk.find("projects", commitment.project, day=day)
    code = f"{line.cost_code}.{line.cost_type}"
    coding = desk.find("coding", f"{commitment.project}:{code}", day=day) or desk.find("coding", code, day=day)
    linked = desk.find("orders", line.key, day=day)
    return Wanted(
        line=line,
        project=project,
        coding=_coding(coding) if coding and project else None,
        linked=_linked(linked, order) if linked and order else 0,
    )


def _coding(text: str) -> Coding:
    account, subaccount, task, cost_code = text.split("|")
    return Coding(account=account, subaccount=subaccount, task=task, cost_code=cost_code)


def _linked(text: str, order: Order) -> int:
    kind, number, line = text.split("|")
    return int(line) if (kind, number) == (order.kind, order.number) else 0


def _approved_changes(commitment: Commitment) -> list[ChangeOrder]:
    return [change for change in commitment.change_orders if change.approved]


def _all_lines(commitment: Commitment) -> list[CommitmentLine]:
    """The commitment's lines and those of its approved change orders."""
    return [*commitment.lines, *(line for change in _approved_changes(commitment) for line in change.lines)]


# an order without commitment


def _order_repairs(order: Order, desk: Desk) -> list[Repair]:
    if desk.counterpart(KIND, order.key):
        return []
    if not order.active:
        raise Skip("not_open", f"it has no commitment, and needs none: it is {order.status}")
    day = _day(None, desk)
    projects = [position.project for position in order.lines if position.active and position.project]
    mapped = [project for project in projects if desk.sources("projects", project, day=day)]
    if not mapped:
        raise Skip("other_project", "none of its lines is on a project that table projects names")
    _require_looked_for(order, order.key, desk)
    lines = {position.line: "cancelled" for position in order.lines if position.active}
    amount = links.amount_of(order.lines)
    fix = f"cancel {len(lines)} lines of the order"
    difference = Difference(
        id=id_of(order.key, "missing", amount, sorted(lines)),
        kind="missing",
        project=mapped[0],
        source="",
        target=f"{order.kind} {order.number}",
        text="it has no commitment in Procore",
        currency=order.currency,
        source_amount=ZERO,
        target_amount=amount,
        fix=fix,
    )
    return [Repair(difference=difference, ends=lines, held=False)]
