"""What a target stored, compared with what was meant: each difference in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from msgspec import Struct

from ml_connector.records.documents import Bill, BillLine

_NO_PROJECT: Final = frozenset({"", "X"})
_LINE_FIELDS: Final = ("account", "subaccount", "project", "task", "cost code", "amount", "retainage", "order")
# Two lines that agree in fewer fields than this are told as one missing and one too many.
_ALIKE: Final = 5

Value = str | Decimal | tuple[str, str, int] | None
Line = tuple[Value, ...]
"""A line as it is compared: one value per field."""


class Difference(Struct, frozen=True, kw_only=True):
    """One field in which the stored document is not the meant one; an empty text stands for nothing."""

    field: str
    meant: str
    stored: str

    def __str__(self) -> str:
        return f"{self.field}: meant {self.meant or 'nothing'}, stored {self.stored or 'nothing'}"


def differences(meant: Bill, stored: Bill, *, tax_mapped: bool) -> list[Difference]:
    """Every difference that forbids a release, header first; empty when the stored bill may be released.

    The currency counts only where both sides state one. Without `tax_mapped` no tax can have been meant, so any tax
    that the target computed by itself is a difference. Lines have no order: equal ones cancel out, the rest are
    paired by likeness. Keys may be padded and in either case, subaccounts may have separators, and the project "X"
    means none (vendors/acumatica.md §8.2, §12). Texts and our reference are not compared.
    """
    ours, theirs = ([_comparable(line) for line in bill.lines] for bill in (meant, stored))
    return [*_headers(meant, stored, tax_mapped=tax_mapped), *line_differences(_LINE_FIELDS, ours, theirs, _ALIKE)]


def _headers(meant: Bill, stored: Bill, *, tax_mapped: bool) -> Iterable[Difference]:
    tax = meant.tax if tax_mapped else Decimal(0)
    if _key(meant.vendor) != _key(stored.vendor):
        yield Difference(field="vendor", meant=meant.vendor.strip(), stored=stored.vendor.strip())
    if meant.number.strip() != stored.number.strip():
        yield Difference(field="number", meant=meant.number.strip(), stored=stored.number.strip())
    if meant.date != stored.date:
        yield Difference(field="date", meant=meant.date.isoformat(), stored=stored.date.isoformat())
    if meant.period and meant.period != stored.period:
        yield Difference(field="period", meant=meant.period, stored=stored.period)
    if meant.currency and stored.currency and _key(meant.currency) != _key(stored.currency):
        yield Difference(field="currency", meant=meant.currency.strip(), stored=stored.currency.strip())
    if meant.total != stored.total:
        yield Difference(field="total", meant=f"{meant.total:f}", stored=f"{stored.total:f}")
    if tax != stored.tax:
        yield Difference(field="tax", meant=f"{tax:f}", stored=f"{stored.tax:f}")


def line_differences(
    names: Sequence[str], meant: Iterable[Line], stored: Iterable[Line], alike: int
) -> Iterable[Difference]:
    """Differences of what is left when equal lines have cancelled out, numbered as they were meant.

    `names` are the fields of a line. Lines that agree in fewer than `alike` of them are no pair.
    """
    surplus = Counter(stored)
    missing: list[tuple[int, Line]] = []
    for number, line in enumerate(meant, start=1):
        if surplus[line]:
            surplus[line] -= 1
        else:
            missing.append((number, line))
    pairs, missing, extra = _pair(missing, list(surplus.elements()), alike)
    for number, ours, theirs in pairs:
        for name, a, b in zip(names, ours, theirs, strict=True):
            if a != b:
                yield Difference(field=f"line {number} {name}", meant=_shown(a), stored=_shown(b))
    for number, line in missing:
        yield Difference(field=f"line {number}", meant=_told(names, line), stored="")
    for line in extra:
        yield Difference(field="line too many", meant="", stored=_told(names, line))


def _pair(
    missing: list[tuple[int, Line]], extra: list[Line], alike: int
) -> tuple[list[tuple[int, Line, Line]], list[tuple[int, Line]], list[Line]]:
    """The most alike lines of both sides together, then what has no counterpart on either side."""
    scored = [
        (-sum(a == b for a, b in zip(ours, theirs, strict=True)), i, j)
        for i, (_, ours) in enumerate(missing)
        for j, theirs in enumerate(extra)
    ]
    partner: dict[int, int] = {}
    taken: set[int] = set()
    for score, i, j in sorted(scored):
        if -score >= alike and i not in partner and j not in taken:
            partner[i] = j
            taken.add(j)
    pairs = [(*missing[i], extra[j]) for i, j in sorted(partner.items())]
    return (
        pairs,
        [line for i, line in enumerate(missing) if i not in partner],
        [line for j, line in enumerate(extra) if j not in taken],
    )


def _comparable(line: BillLine) -> Line:
    project = _key(line.project)
    order = (_key(line.order.kind), _key(line.order.number), line.order.line) if line.order else None
    return (
        _key(line.account),
        "".join(letter for letter in _key(line.subaccount) if letter.isalnum()),
        "" if project in _NO_PROJECT else project,
        _key(line.task),
        _key(line.cost_code),
        line.amount,
        line.retainage,
        order,
    )


def _key(text: str) -> str:
    return text.strip().upper()


def _shown(value: Value) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, tuple):
        kind, number, line = value
        return f"{kind} {number} line {line}"
    return value or ""


def _told(names: Sequence[str], line: Line) -> str:
    """A whole line in words, without what it leaves empty."""
    return ", ".join(f"{name} {_shown(value)}" for name, value in zip(names, line, strict=True) if value)
