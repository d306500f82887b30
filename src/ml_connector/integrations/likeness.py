"""How surely two records of two systems are the same: scores of 0 to 100 with reasons, for people to accept."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from msgspec import Struct

from ml_connector.integrations.declaration import Entry
from ml_connector.records.documents import CostCode, Supplier

_LEGAL_FORMS = frozenset(
    ("inc", "llc", "ltd", "co", "corp", "corporation", "company", "incorporated", "limited", "lp", "llp", "as", "ab")
)
_WORDS = {"&": " and ", "+": " and "}
_NEAR_DAYS = 31


class Invoice(Struct, frozen=True, kw_only=True):
    """What two systems say of the same document. `vendor` is the key of the system that it comes from.

    `gross` is the amount before retainage, which a journal may be over. `names_vendor` False: people need not name the
    vendor on such a document, or write something else there.
    """

    vendor: str
    number: str
    amount: Decimal
    day: date
    gross: Decimal | None = None
    names_vendor: bool = True

    @property
    def amounts(self) -> frozenset[Decimal]:
        """Over what it may have been keyed in."""
        return frozenset({self.amount} if self.gross is None else {self.amount, self.gross})


def words_of(name: str) -> frozenset[str]:
    """A name's words without case, punctuation and legal form."""
    lowered = name.casefold()
    for sign, word in _WORDS.items():
        lowered = lowered.replace(sign, word)
    words = re.findall(r"\w+", lowered.replace("'", "").replace(".", ""))
    return frozenset(word for word in words if word not in _LEGAL_FORMS) or frozenset(words)


def tax_digits(tax_id: str) -> str:
    """A tax id without separators."""
    return re.sub(r"\W", "", tax_id).upper()


def supplier_entry(one: Supplier) -> Entry:
    """A supplier for matching: those that share a tax id or a word of the name are compared."""
    tokens = words_of(one.name) | ({tax_digits(one.tax_id)} - {""})
    return Entry(key=one.key, name=one.name, tokens=tokens, subject=one)


def of_suppliers(left: Supplier, right: Supplier, counterpart: Callable[[str, str], str]) -> tuple[int, str]:
    """How surely two suppliers are the same, 0 to 100, and why.

    Tax ids decide (95), names come next (up to 80), an equal address adds 10. Different tax ids cap at 40.
    """
    reasons = []
    total = 0
    one, other = tax_digits(left.tax_id), tax_digits(right.tax_id)
    left_words, right_words = words_of(left.name), words_of(right.name)
    shared = len(left_words & right_words) / max(len(left_words | right_words), 1)
    if one and one == other:
        total, reasons = 90, [f"tax id {left.tax_id}"]
        if shared >= 0.5:
            total += 5
            reasons.append("similar name")
    else:
        total = round(80 * shared) if shared >= 0.5 else 0
        reasons.append("same name" if shared == 1 else "similar name")
    if total and _same_address(left, right):
        total = min(total + 10, 100)
        reasons.append("same address")
    if one and other and one != other:
        total = min(total, 40)
        reasons.append("but different tax ids")
    return total, ", ".join(reasons)


def _same_address(left: Supplier, right: Supplier) -> bool:
    one = (left.postal_code.strip().casefold(), words_of(left.address))
    return bool(left.postal_code and left.address) and one == (
        right.postal_code.strip().casefold(), words_of(right.address)
    )  # fmt: skip


def cost_code_entry(one: CostCode) -> Entry:
    """A cost code for matching: those that share the number or a word of the name are compared."""
    tokens = words_of(one.name) | {bare_number(one.code)}
    return Entry(key=one.key, name=f"{one.code} {one.name}", tokens=tokens, subject=one)


def of_cost_codes(left: CostCode, right: CostCode, counterpart: Callable[[str, str], str]) -> tuple[int, str]:
    """The same number is 90, 100 with a similar name; the same name under another number is 50."""
    one, other = words_of(left.name), words_of(right.name)
    similar = len(one & other) / max(len(one | other), 1) >= 0.5
    if bare_number(left.code) == bare_number(right.code):
        return (100, "same number and similar name") if similar else (90, "same number")
    return (50, "same name, but another number") if one == other else (0, "")


def invoice_entry(key: str, name: str, invoice: Invoice) -> Entry:
    """A document for matching: those that share a number or an amount are compared."""
    number = bare_number(invoice.number)
    tokens = {f"number {number}" if number else "", *(f"amount {amount.normalize()}" for amount in invoice.amounts)}
    return Entry(key=key, name=name, tokens=frozenset(tokens - {""}), subject=invoice)


def of_invoices(left: Invoice, right: Invoice, counterpart: Callable[[str, str], str]) -> tuple[int, str]:
    """How surely a document that somebody keyed in is the source's, 0 to 100, and why.

    The same number of the same vendor is 85, and 100 with the same amount; the same amount of the same vendor on a
    near day is 70. Without a matched vendor, number and amount together are 75; where no vendor need be named, either
    of them alone is a doubt that a person decides.
    """
    there = counterpart("vendors", right.vendor) if left.vendor and right.vendor else ""
    same_vendor = bool(there) and there.upper() == left.vendor.upper()
    same_number = bool(bare_number(left.number)) and bare_number(left.number) == bare_number(right.number)
    same_amount = bool(left.amounts & right.amounts)
    near = abs((left.day - right.day).days) <= _NEAR_DAYS
    if same_vendor and same_number:
        if same_amount:
            return 100, "same vendor, number and amount"
        return 85, f"same vendor and number, but {left.amount} on one side and {right.amount} on the other"
    if same_number and same_amount:
        return 75, f"same number and amount, but {_another_vendor(left, right)}"
    if same_vendor and same_amount and near:
        return 70, f"same vendor and amount, {left.day} on one side and {right.day} on the other"
    if left.names_vendor and right.names_vendor:
        return 0, ""
    if same_number:
        return 60, f"same number, but {left.amount} on one side and {right.amount} on the other, and no vendor is named"
    if same_amount and near:
        return 50, f"same amount, {left.day} on one side and {right.day} on the other, and no vendor is named"
    return 0, ""


def _another_vendor(left: Invoice, right: Invoice) -> str:
    return "another vendor" if left.names_vendor and right.names_vendor else "no vendor is named"


class Agreed(Struct, frozen=True, kw_only=True):
    """What two systems say of the same commitment to a vendor, who is named by the key of the system it comes from.

    `amounts` are those that it may have been keyed in with.
    """

    vendor: str
    numbers: tuple[str, ...]
    amounts: tuple[Decimal, ...]


def of_agreed(left: Agreed, right: Agreed, counterpart: Callable[[str, str], str]) -> tuple[int, str]:
    """How surely an order of the ledger (`left`) stands for a commitment, 0 to 100, and why.

    The number is worth 60, the matched vendor 30, the amount 10. Without the number, vendor and amount are worth 55.
    Another vendor than the matched one caps at 50.
    """
    vendor = counterpart("vendors", right.vendor)
    ours, theirs = ({bare_number(number) for number in one.numbers} - {""} for one in (left, right))
    same_number = bool(ours & theirs)
    same_vendor = bool(vendor) and vendor.strip().upper() == left.vendor.strip().upper()
    same_amount = bool(set(left.amounts) & set(right.amounts))
    total = 60 * same_number + 30 * same_vendor + 10 * same_amount
    if same_vendor and same_amount and not same_number:
        total = 55
    words = (("number", same_number), ("vendor", same_vendor), ("amount", same_amount))
    reasons = [word for word, holds in words if holds]
    reason = f"same {' and '.join(reasons)}" if reasons else ""
    if vendor and not same_vendor:
        return min(total, 50), f"{reason}, but another vendor"
    return total, reason


def bare_number(number: str) -> str:
    """A business number as people compare it: letters and digits, leading zeros aside."""
    return re.sub(r"[\W_]", "", number).upper().lstrip("0")
