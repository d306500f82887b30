"""Posting rules that flows share: what a requisition owes, and how retainage and residues are shown on a bill."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal

from ml_connector.integrations.declaration import Choice, Desk, Hold, Skip
from ml_connector.records import money
from ml_connector.records.documents import BillLine, Requisition, RequisitionLine

ACCOUNT_PATTERN = r"[^|]+\|[^|]*"
NO_CODE = "."
"""How the table coding is asked for a line that names neither cost code nor cost type."""

CUT_OVER = Choice(
    name="cut_over",
    question="From which date on may documents be posted?",
    advice="set the first day of the first period that was not keyed by hand, as YYYY-MM-DD",
    pattern=r"\d{4}-\d{2}-\d{2}",
)
CURRENCY = Choice(
    name="currency",
    question="What is the company's base currency, for documents that state none?",
    advice="set the ISO 4217 code of the company's books, for example USD",
    pattern=r"[A-Z]{3}",
)
RETAINAGE = Choice(
    name="retainage",
    question="How is retainage kept: in the target's own retainage fields, or as a line on a liability account?",
    advice="set native or ledger; never change it while retainage is unreleased",
    options=("native", "ledger"),
)
RETAINAGE_ACCOUNT = Choice(
    name="retainage_account",
    question="Which liability account holds retainage?",
    advice="set account|subaccount of retainage payable",
    pattern=ACCOUNT_PATTERN,
    when=("retainage", "ledger"),
)
ROUNDING_ACCOUNT = Choice(
    name="rounding_account",
    question="Where does a residue of up to half a minor unit per line go?",
    advice="set account|subaccount, or leave it empty to hold such documents",
    default="",
    pattern=rf"|{ACCOUNT_PATTERN}",
)
CLOSED_PERIOD = Choice(
    name="closed_period",
    question="What happens with a document whose posting period is closed?",
    advice="set hold, or next_open_day to post it into the next open period (its own date stays)",
    default="hold",
    options=("hold", "next_open_day"),
)
CORRECTIONS = Choice(
    name="corrections",
    question="What happens when a source document changes, or is gone, after it was posted?",
    advice="set hold to have a person decide, reverse_and_repost to take the posted document back and post anew, or "
    "post_delta to post the difference; a paid document is never touched",
    default="hold",
    options=("hold", "reverse_and_repost", "post_delta"),
)


def require_approved(requisition: Requisition) -> None:
    """Only approved requisitions are posted. Raises Skip."""
    if requisition.status != "approved":
        raise Skip("not_approved", f"not approved yet: its status is {requisition.status}")


def require_day(day: date | None, desk: Desk) -> date:
    """The posting date, on or after the cut-over date. Raises Hold without a date, Skip before cut-over."""
    if day is None:
        raise Hold("no_date", "it has no date to post it on: enter one at the source")
    cut_over = date.fromisoformat(desk.rule("cut_over"))
    if day < cut_over:
        raise Skip("before_cut_over", f"dated {day}, before the cut-over date {cut_over}")
    return day


def currency_of(stated: str, desk: Desk) -> str:
    """The document's currency, else the company's. Raises Hold for a code that ISO 4217 does not know."""
    currency = stated or desk.rule("currency")
    try:
        money.quantum(currency)
    except money.UnknownCurrency as unknown:
        raise Hold("unknown_currency", f"{unknown}: correct it at the source") from None
    return currency


def require_whole_units(amounts: Iterable[Decimal], currency: str) -> None:
    """No amount has digits below the currency's minor unit. Raises Hold naming the first that has."""
    for amount in amounts:
        if not money.fits(amount, currency):
            raise Hold("bad_amount", f"{amount} has more digits than {currency} knows: correct it at the source")


def residue(stated: Decimal, amounts: Sequence[Decimal], currency: str, desk: Desk) -> Decimal:
    """What the lines' amounts lack to the stated total, tax aside: zero, or within the rounding rule. Raises Hold."""
    lines = sum(amounts, money.ZERO)
    rest = stated - lines
    allowed = money.quantum(currency) / 2 * len(amounts)
    if rest and not (desk.rule("rounding_account") and abs(rest) <= allowed):
        raise Hold(
            "does_not_add_up",
            f"the lines come to {lines} {currency}, the document says {stated} {currency} (tax aside), "
            f"a difference of {rest}: correct it at the source",
        )
    return rest


def require_number(number: str, longest: int, system: str) -> str:
    """The document's business number. Raises Hold when it is missing or longer than the target takes."""
    if not number:
        raise Hold("no_number", "it has no number: enter the vendor's number at the source")
    if len(number) > longest:
        raise Hold("number_too_long", f"its number has {len(number)} characters, {system} takes {longest}: shorten it")
    return number


def vendor_of(key: str, name: str, system: str, desk: Desk) -> str:
    """The matched vendor in the target. Raises Hold."""
    vendor = desk.counterpart("vendors", key)
    if not vendor:
        raise Hold(
            "no_match",
            f"vendor {name} ({key}) is not matched with a vendor in {system}: "
            f"accept or add the match (ml-connector match)",
        )
    return vendor


def coding_of(project: str, code: str, *, name: str, day: date, money: Decimal, desk: Desk) -> str:
    """The target of a budget code (`03-200.M`) in the table coding: the project's own row, else the company's.

    Raises Hold for a line without any code that has no row either.
    """
    coding = desk.find("coding", f"{project}:{code}", day=day)
    if not coding and code == NO_CODE and not desk.find("coding", code, day=day):
        raise Hold(
            "no_code",
            f"{name!r} names no cost code, as a line that bills a whole change order does not: bill the lines of the "
            "change order at the source, then replay this record",
        )
    return coding or desk.map("coding", code, name=name, day=day, money=money)


def account_of(choice: str) -> tuple[str, str]:
    """Account and subaccount of a choice written `account|subaccount`."""
    account, _, subaccount = choice.partition("|")
    return account, subaccount


def ledger_line(choice: str, amount: Decimal, text: str) -> BillLine:
    """A line on a balance sheet account: no project, task or cost code."""
    account, subaccount = account_of(choice)
    return BillLine(account=account, subaccount=subaccount, project="", task="", cost_code="", amount=amount, text=text)


def requisition_lines(
    requisition: Requisition, desk: Desk, cost_line: Callable[[RequisitionLine], BillLine]
) -> list[BillLine]:
    """Gross cost per line, and retainage by the installation's choice: in the line (native) or on its account (ledger).

    Lines without cost are left out; `cost_line` codes one line. A native release is none of the bill's lines.
    """
    lines = [cost_line(line) for line in requisition.lines if line.gross or line.retainage_held]
    if desk.rule("retainage") == "native":
        return lines
    account = desk.rule("retainage_account")
    held = sum((line.retainage_held for line in requisition.lines), money.ZERO)
    released = sum((line.retainage_released for line in requisition.lines), money.ZERO)
    if held:
        lines.append(ledger_line(account, -held, "Retainage held"))
    if released:
        lines.append(ledger_line(account, released, "Retainage released"))
    return [line for line in lines if line.amount]
