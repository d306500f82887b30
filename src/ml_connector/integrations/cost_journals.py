"""Requisitions and direct costs as journals: gross cost by place, retainage, and what is owed on the other side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Protocol

from msgspec import Struct, structs

from ml_connector.integrations import costs, posting
from ml_connector.integrations.declaration import Choice, Desk, Skip
from ml_connector.records.costs import DirectCost
from ml_connector.records.documents import Requisition, RequisitionLine
from ml_connector.records.journals import Journal, JournalLine, Role
from ml_connector.records.money import ZERO

NET = "net"
ACCOUNT = r"[^|]+"

ACCRUAL_ACCOUNT = Choice(
    name="accrual_account",
    question="Which account is owed for costs until their invoice is booked?",
    advice="set the code of the accrual account that later invoices clear; no vendor's, customer's or bank account",
    pattern=ACCOUNT,
)
RETAINAGE = Choice(
    name="retainage",
    question="How is retainage kept: on an account of its own, or within the accrual?",
    advice="set ledger or in_accrual; never change it while retainage is unreleased",
    options=("ledger", "in_accrual"),
)
RETAINAGE_ACCOUNT = structs.replace(
    posting.RETAINAGE_ACCOUNT, advice="set the code of the account of retainage payable", pattern=ACCOUNT
)
ROUNDING_ACCOUNT = structs.replace(
    posting.ROUNDING_ACCOUNT,
    advice="set the code of an account, or leave it empty to hold such documents",
    pattern=rf"|{ACCOUNT}",
)


class Line(Protocol):
    """What every line that costs money says of itself, whatever it is a line of."""

    @property
    def cost_code(self) -> str: ...

    @property
    def cost_type(self) -> str: ...

    @property
    def text(self) -> str: ...


class Place(Struct, frozen=True, kw_only=True):
    """Where a line goes in the ledger; empty fields where a table has no answer yet, or the ledger has none."""

    account: str
    project: str
    center: str = ""
    subaccount: str = ""
    task: str = ""


Placed = Sequence[tuple[RequisitionLine, Place]]
PlaceOf = Callable[[Line, Decimal], Place]


class Books(Struct, frozen=True, kw_only=True):
    """The ledger that takes the journals: its name, how long a number it takes, and where a project's costs go.

    `site(project, name, day, money, desk)` tells for each line, and the money on it, where it goes; it raises Hold.
    """

    system: str
    longest_number: int
    site: Callable[[str, str, date, Decimal, Desk], PlaceOf]


def plain(account: str, amount: Decimal, text: str, role: Role) -> list[JournalLine]:
    """A line on a balance sheet account, without project; none without an amount."""
    return [JournalLine(account=account, amount=amount, text=text, role=role)] if amount else []


def keeps_retainage_apart(desk: Desk) -> bool:
    """Whether retainage has an account of its own."""
    return desk.rule(RETAINAGE.name) == "ledger"


def check_tax(target: str) -> str:
    """Complains about anything but the word net."""
    return "" if target == NET else f"{target!r} is not {NET}: write {NET} where costs are posted without this tax"


def of_requisition(
    requisition: Requisition,
    reference: str,
    desk: Desk,
    books: Books,
    *,
    other_side: Callable[[Placed, Decimal, str], list[JournalLine]],
    before_coding: Callable[[str, str], None] = lambda number, currency: None,
) -> Journal:
    """An approved requisition as the journal that the ledger should hold. Raises Hold or Skip.

    `other_side(placed lines, residue, text)` are the lines against cost, retainage and residue; `before_coding` may
    raise for reasons of the pair's own, given the number and the currency.
    """
    posting.require_approved(requisition)
    day = posting.require_day(requisition.billing_date, desk)
    currency = posting.currency_of(requisition.currency, desk)
    number = number_of_requisition(requisition)
    posting.require_number(number, books.longest_number, books.system)
    amounts = [requisition.due, requisition.tax]
    amounts += [amount for line in requisition.lines for amount in (line.gross, line.retainage_held, line.net)]
    posting.require_whole_units(amounts, currency)
    nets = [line.net for line in requisition.lines]
    rest = posting.residue(requisition.due - requisition.tax, nets, currency, desk)
    vendor = posting.vendor_of(requisition.vendor, requisition.vendor_name, books.system, desk)
    before_coding(number, currency)
    if requisition.tax:
        desk.map("tax", "requisition", name="tax of requisitions", day=day, money=requisition.tax)
    place_of = books.site(requisition.project, requisition.project_name, day, requisition.due, desk)
    placed = [(line, place_of(line, line.gross)) for line in requisition.lines]
    text = f"Requisition {requisition.sequence}, {requisition.project_name}"
    lines = [
        *(_cost(line.key, line.text, line.gross, place) for line, place in placed if line.gross),
        *rounding(rest, desk),
        *_retainage(requisition, desk),
        *other_side(placed, rest, text),
    ]
    if not lines:
        raise Skip("nothing_due", "no line of it moves any money")
    return Journal(
        reference=reference,
        number=number,
        date=day,
        period="",
        currency=currency,
        text=text,
        lines=tuple(lines),
        vendor=vendor,
        source=f"requisition:{requisition.key}",
        order=costs.commitment_of_requisition(requisition)[0],
    )


def accrued(placed: Placed, rest: Decimal, text: str, desk: Desk) -> list[JournalLine]:
    """What a requisition owes until the vendor's invoice is booked, on the accrual account."""
    apart = keeps_retainage_apart(desk)
    owed = sum((line.net if apart else line.gross for line, _ in placed), ZERO)
    return plain(desk.rule(ACCRUAL_ACCOUNT.name), -owed - rest, text, Role.OFFSET)


def of_direct_cost(
    cost: DirectCost,
    reference: str,
    desk: Desk,
    books: Books,
    *,
    before_coding: Callable[[str, str], None] = lambda number, currency: None,
) -> Journal:
    """An approved direct cost as the journal that the ledger should hold. Raises Hold or Skip."""
    costs.require_postable(cost, desk)
    day = posting.require_day(cost.date, desk)
    currency = posting.currency_of(cost.currency, desk)
    number = number_of_direct_cost(cost)
    posting.require_number(number, books.longest_number, books.system)
    amounts = [line.amount for line in cost.lines]
    posting.require_whole_units([cost.total, *amounts], currency)
    tax = costs.tax_of(cost)
    rest = posting.residue(cost.total - tax, amounts, currency, desk)
    vendor, account = _owed_to(cost, day, books.system, desk)
    before_coding(number, currency)
    if tax:
        _require_tax_mapped(cost, day, desk)
    place_of = books.site(cost.project, cost.project_name, day, cost.total, desk)
    text = f"Direct cost {cost.key}, {cost.project_name}"
    lines = [
        *(_cost(one.key, one.text, one.amount, place_of(one, one.amount)) for one in cost.lines if one.amount),
        *rounding(rest, desk),
        *plain(account, tax - cost.total, text, Role.OFFSET),
    ]
    if not lines:
        raise Skip("nothing_due", "no line of it moves any money")
    return Journal(
        reference=reference,
        number=number,
        date=day,
        period="",
        currency=currency,
        text=text,
        lines=tuple(lines),
        vendor=vendor,
        source=f"direct_cost:{cost.key}",
    )


def number_of_requisition(requisition: Requisition) -> str:
    """The vendor's number, else one by which people find it at the source."""
    return requisition.invoice_number or f"REQ-{requisition.key}"


def number_of_direct_cost(cost: DirectCost) -> str:
    """The vendor's number, else one by which people find it at the source."""
    return cost.invoice_number or f"DC-{cost.key}"


def _cost(key: str, text: str, amount: Decimal, place: Place) -> JournalLine:
    """Gross: retainage is cost as well."""
    return JournalLine(
        account=place.account,
        amount=amount,
        text=text,
        role=Role.COST,
        project=place.project,
        center=place.center,
        source=key,
        subaccount=place.subaccount,
        task=place.task,
    )


def rounding(rest: Decimal, desk: Desk) -> list[JournalLine]:
    """The line for a residue, where there is one."""
    return plain(desk.rule(ROUNDING_ACCOUNT.name), rest, "Rounding", Role.ROUNDING)


def _retainage(requisition: Requisition, desk: Desk) -> list[JournalLine]:
    """What is held, and what is released, on the retainage account; nothing where it stays within the other side."""
    if not keeps_retainage_apart(desk):
        return []
    account = desk.rule(RETAINAGE_ACCOUNT.name)
    held = sum((line.retainage_held for line in requisition.lines), ZERO)
    released = sum((line.retainage_released for line in requisition.lines), ZERO)
    return [
        *plain(account, -held, "Retainage held", Role.RETAINAGE),
        *plain(account, released, "Retainage released", Role.RETAINAGE),
    ]


def _owed_to(cost: DirectCost, day: date, system: str, desk: Desk) -> tuple[str, str]:
    """The vendor, "" for none, and the account to be credited: the accrual, or the one that stands for the employee."""
    if costs.is_owed_to_vendor(cost):
        return posting.vendor_of(cost.vendor, cost.vendor_name, system, desk), desk.rule(ACCRUAL_ACCOUNT.name)
    return "", desk.map("employees", cost.employee, name=cost.employee_name, day=day, money=cost.total)


def _require_tax_mapped(cost: DirectCost, day: date, desk: Desk) -> None:
    """A journal is net of tax; that a tax may be left out is said by the table, code by code."""
    for code in sorted({line.tax_code for line in cost.lines if line.tax_code}):
        money = sum((line.amount for line in cost.lines if line.tax_code == code), ZERO)
        desk.map("tax", code, name="tax of direct costs", day=day, money=money)
