"""How surely two records of two systems are the same: scores of 0 to 100 with reasons, for people to accept."""

from __future__ import annotations

import re
from collections.abc import Callable

from ml_connector.integrations.declaration import Entry
from ml_connector.records.documents import Supplier

_LEGAL_FORMS = frozenset(
    ("inc", "llc", "ltd", "co", "corp", "corporation", "company", "incorporated", "limited", "lp", "llp", "as", "ab")
)
_WORDS = {"&": " and ", "+": " and "}


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
