"""One company of the ERP: its set-up, tables, number series, and the changes that notifications tell of."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from msgspec import Struct

from ml_connector.sandbox.kit.clock import SandboxClock
from ml_connector.sandbox.visma_net.errors import rule
from ml_connector.sandbox.visma_net.records import Record, Table, Values, Versions, milliseconds

ZERO: Final = Decimal(0)
LARGEST: Final = Decimal(10) ** 15
"""What the database's columns can no longer hold."""


class SetUp(Struct, frozen=True, kw_only=True):
    """What the company chose when it was set up; no entity shows it in one place."""

    company: int
    name: str
    currency: str
    branch: str
    ledger: str
    payables: str
    input_vat: str
    prebook: str
    cash: str
    write_off: str
    office: str


class Series(Struct):
    """A number series: the last number given, and the series' name at /v1/numberSequence."""

    name: str
    last: int


class Company:
    """The data of one company."""

    def __init__(self, clock: SandboxClock, set_up: SetUp) -> None:
        self.set_up = set_up
        self._clock = clock
        self._tables: dict[str, Table] = {}
        self._versions = Versions()
        self.series: dict[str, Series] = {}
        self.changed: dict[str, list[Record]] = {}
        """Kind -> records written since the last look."""
        self.queued: list[tuple[datetime, Record]] = []
        """Releases that are done later, with the time of asking."""
        self.kept_sums: Any = None
        """What budgets last counted, with the row version of then."""

    @property
    def version(self) -> int:
        """The last row version given."""
        return self._versions.last

    def __getitem__(self, kind: str) -> Table:
        if kind not in self._tables:
            self._tables[kind] = Table(kind)
        return self._tables[kind]

    @property
    def kinds(self) -> list[str]:
        """The kinds of record that there are."""
        return sorted(self._tables)

    def now(self) -> datetime:
        """Without zone, UTC, whole milliseconds."""
        return milliseconds(self._clock.now())

    def today(self) -> date:
        return self.now().date()

    def find(self, kind: str, key: object) -> Record | None:
        """The record with the key."""
        return self[kind].find(key)

    def add(
        self, kind: str, key: str, values: Values, lines: list[Values] | None = None, at: datetime | None = None
    ) -> Record:
        """Store a new record, changed now or `at` a time (UTC, with or without zone)."""
        record = Record(kind=kind, key=key, id=len(self[kind]) + 1 + _ID_BASE.get(kind, 0), values=values)
        while self[kind].by_id(record.id) is not None:
            record.id += 1
        record.lines = lines or []
        self[kind].put(record)
        self.touch(record)
        record.created = record.modified
        if at is not None:
            record.created = record.modified = milliseconds(at)
        return record

    def touch(self, record: Record) -> None:
        """Give a written record a new version and change time, and remember it for the notifications."""
        record.version = self._versions.next()
        record.modified = self.now()
        self.changed.setdefault(record.kind, []).append(record)

    def changes(self) -> dict[str, list[Record]]:
        """What was written since the last call."""
        changed, self.changed = self.changed, {}
        return changed

    def next_number(self, series: str) -> str:
        """The next number of a series; numbers that people gave out of turn are passed over."""
        one = self.series[series]
        one.last += 1
        return str(one.last)

    # money

    def money(self, amount: Decimal, currency: str = "") -> Decimal:
        """Rounded to the currency's decimals, half away from zero (vendors/visma_net.md §11). Raises Refused."""
        if abs(amount) >= LARGEST:
            raise rule("Error: an amount is too large.")
        known = self.find("Currency", currency or self.set_up.currency)
        places = int(known["decimalPrecision"]) if known else 2
        return amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)

    def rate(self, currency: str) -> Decimal:
        """What one unit of the currency is worth in the base currency, by the company's rate table."""
        known = self.find("Currency", currency)
        return Decimal(known["rate"]) if known else Decimal(1)

    def rate_of(self, sent: Values, currency: object, kept: Decimal | None, problems: list[str]) -> Decimal:
        """The rate of a document: as sent, as it was, or by the table when the currency is new."""
        rate = sent.get("exchangeRate") or kept
        if not rate or ({"currency", "currencyId"} & sent.keys() and not sent.get("exchangeRate")):
            rate = self.rate(str(currency or ""))
        if not ZERO < rate < 1_000_000:
            problems.append("The exchange rate is out of range.")
        return rate

    def in_base(self, amount: Decimal, rate: Decimal) -> Decimal:
        """An amount in document currency at a rate, in base currency."""
        return amount if rate == 1 else self.money(amount * rate)


_ID_BASE: Final = {"Supplier": 800, "Project": 100, "Task": 1000, "Subaccount": 200, "Account": 300}
