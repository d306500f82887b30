"""Two systems in memory behind the connector kit, for tests that must steer what happens between two calls.

Everything else is tested against the sandboxes over HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from ml_connector.clock import Clock
from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.context import Context
from ml_connector.connectors.kit.declaration import Connector, PingStep
from ml_connector.connectors.kit.outcomes import Absent, Done, Finding, Outcome, Waiting
from ml_connector.connectors.kit.source import Page, Row, Scope, Window
from ml_connector.connectors.kit.target import Item, Keyed, PeriodState, Step, Target
from ml_connector.integrations.declaration import Desk, Facts, Flow, Integration, Ledger, Side
from ml_connector.records.compare import differences
from ml_connector.records.documents import Bill, BillLine, Requisition, RequisitionLine

START = datetime(2026, 1, 31, 12, tzinfo=UTC)


class StoppedClock:
    """A clock that moves only when told to, or when somebody sleeps on it."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class SourceSystem:
    """Rows in scopes, read in pages by offset; `before_page` may change anything between two pages."""

    kind = "requisition"

    def __init__(self, clock: Clock, page_size: int = 2) -> None:
        self.clock = clock
        self.page_size = page_size
        self.rows: dict[str, Row] = {}
        self.scope_of: dict[str, str] = {}
        self.scope_names = ["A", "B"]
        self.before_page: Callable[[], None] = lambda: None

    def put(self, key: str, amount: int, scope: str = "A", modified: datetime | None = None) -> None:
        """Add or change a row; `modified` defaults to now."""
        self.rows[key] = Row(key=key, modified=modified or self.clock.now(), document=requisition(key, amount, scope))
        self.scope_of[key] = scope

    def remove(self, key: str) -> None:
        """Take a row away."""
        self.rows.pop(key, None)

    def scopes(self, client: Any) -> list[Scope]:
        return [Scope(key=name, name=name) for name in self.scope_names]

    def read(self, client: Any, scope: Scope, window: Window | None, position: str | None) -> Page:
        self.before_page()
        vendor_time = self.clock.now()
        offset = int(position or 0)
        keys = sorted(key for key in self.rows if self.scope_of[key] == scope.key)
        rows = [self.rows[key] for key in keys]
        rows = [row for row in rows if window is None or row.modified >= window.start]
        page = rows[offset : offset + self.page_size]
        following = offset + self.page_size
        return Page(
            rows=tuple(page), position=str(following) if following < len(rows) else None, vendor_time=vendor_time
        )

    def by_keys(self, client: Any, scope: Scope, keys: Sequence[str]) -> Page:
        rows = tuple(self.rows[key] for key in keys if key in self.rows)
        return Page(rows=rows, position=None, vendor_time=None)


def requisition(key: str, amount: int, scope: str) -> Requisition:
    """An approved requisition over one line."""
    line = RequisitionLine(
        key=f"{key}-1", commitment_line="1", cost_code="03-300", cost_type="S", text="Slab", work=Decimal(amount),
        materials=Decimal(0), retainage_held=Decimal(0), retainage_released=Decimal(0),
    )  # fmt: skip
    return Requisition(
        key=key, project=scope, project_name=scope, commitment="1", commitment_kind="WorkOrderContract", vendor="7",
        vendor_name="Acme", sequence=1, invoice_number=f"INV-{key}", billing_date=date(2026, 1, 31), status="approved",
        currency="USD", due=Decimal(amount), tax=Decimal(0), lines=(line,),
    )  # fmt: skip


class TargetSystem:
    """Bills in memory. `weather` is asked before each write and may say what goes wrong."""

    def __init__(self) -> None:
        self.bills: dict[str, Bill] = {}
        self.released: set[str] = set()
        self.calls: list[str] = []
        self.weather: Callable[[str], str] = lambda operation: ""

    def _strike(self, operation: str, write: Callable[[], Any]) -> Any:
        self.calls.append(operation)
        what = self.weather(operation)
        if what == "lost_before":
            raise errors.AnswerLost("cut before the write")
        if what == "later":
            raise errors.TryLater("not now")
        if what == "refused":
            raise errors.Refusal("no")
        if what == "limited":
            raise errors.RateLimited("slow down", after=timedelta(seconds=3))
        result = write()
        if what == "lost_after":
            raise errors.AnswerLost("cut after the write")
        return result

    def create(self, client: Any, items: Sequence[Item]) -> list[Outcome]:
        (item,) = items

        def write() -> list[Outcome]:
            number = f"B{len(self.bills) + 1:04d}"
            self.bills[number] = item.document
            return [Done(key=number, number=number, stored=item.document)]

        outcomes: list[Outcome] = self._strike("create", write)
        return outcomes

    def find(self, client: Any, items: Sequence[Item]) -> list[Finding]:
        (item,) = items
        self.calls.append("find")
        for number, bill in self.bills.items():
            if bill.reference == item.reference:
                return [Done(key=number, number=number, stored=bill)]
        return [Absent()]

    def release(self, client: Any, items: Sequence[Item]) -> list[Outcome]:
        (item,) = items

        def write() -> list[Outcome]:
            assert item.number not in self.released, "released twice"
            self.released.add(item.number)
            return [Waiting(after=timedelta(seconds=1))]

        outcomes: list[Outcome] = self._strike("release", write)
        return outcomes

    def poll(self, client: Any, item: Item) -> Outcome:
        self.calls.append("poll")
        return Done()

    def find_released(self, client: Any, items: Sequence[Item]) -> list[Finding]:
        self.calls.append("find_released")
        return [Done() if item.number in self.released else Absent() for item in items]

    def confirm(self, client: Any, items: Sequence[Item]) -> list[Outcome]:
        self.calls.append("confirm")
        assert all(item.number in self.released for item in items)
        return [Done() for _ in items]

    def keyed(self, client: Any, items: Sequence[Item]) -> list[list[Keyed]]:
        self.calls.append("keyed")
        return [
            [
                Keyed(number=number, reference=bill.reference, text=bill.text)
                for number, bill in self.bills.items()
                if (bill.vendor, bill.number) == (item.document.vendor, item.document.number)
            ]
            for item in items
        ]

    def read(self, client: Any, items: Sequence[Item]) -> list[Finding]:
        self.calls.append("read")
        return [
            Done(key=item.key, number=item.number, stored=self.bills[item.number])
            if item.number in self.bills
            else Absent()
            for item in items
        ]

    def declared(self) -> Target:
        """The kit's view of it."""
        return Target(
            kind="bill",
            steps=(
                Step(name="create", run=self.create, look_up=self.find, verifies=True),
                Step(name="release", run=self.release, look_up=self.find_released, poll=self.poll, blocks_lane=True),
                Step(name="confirm", run=self.confirm, batch=50, writes=False),
            ),
            settle=timedelta(minutes=10),
            answer_within=timedelta(minutes=3),
            find_keyed=self.keyed,
            keyed_batch=50,
            read=self.read,
            read_batch=50,
            compare=lambda meant, stored: differences(meant, stored, tax_mapped=bool(meant.tax)),
            periods=_periods,
        )


def _periods(client: Any) -> list[PeriodState]:
    return [PeriodState(period="2026-01", first=date(2026, 1, 1), last=date(2026, 1, 31), open=True)]


class _Client:
    def __init__(self, context: Context) -> None:
        self.context = context

    def close(self) -> None:
        pass


def connector(name: str) -> Connector:
    """A connector without form, calls or webhooks."""
    return Connector(
        name=name, title=name, fields=(), check=lambda settings: [], open=_Client, ping=_no_ping,
        log_out=lambda client: None, lanes=lambda settings: ("1",), webhooks=None, operations=(),
    )  # fmt: skip


def _no_ping(client: Any) -> Iterator[PingStep]:
    yield from ()


def bill_of(record: Requisition, reference: str, desk: Desk) -> Bill:
    """The plainest translation."""
    lines = tuple(
        BillLine(
            account="54000", subaccount="0", project=record.project, task="03", cost_code=line.cost_code,
            amount=line.work, text=line.text,
        )
        for line in record.lines
    )  # fmt: skip
    return Bill(
        reference=reference, vendor=record.vendor, number=record.invoice_number, date=record.billing_date or date.max,
        period="", currency="USD", text="", total=record.due, tax=record.tax, lines=lines,
    )  # fmt: skip


def integration(source: SourceSystem, target: TargetSystem) -> Integration:
    """An integration of the two systems with one flow and no choices."""
    flow = Flow(
        name="requisitions", title="requisitions → bills", source_side=Side.RIGHT, source=source,
        target=target.declared(), facts=_facts, translate=bill_of, record_type=Requisition, document_type=Bill,
    )  # fmt: skip
    return Integration(
        name="fake", title="Fake", left=connector("there"), right=connector("here"), flows=(flow,), tables=(),
        matchings=(), choices=(), ledger=Ledger(side=Side.LEFT, periods=_periods),
    )  # fmt: skip


def _facts(record: Requisition) -> Facts:
    return Facts(
        title=record.invoice_number, number=record.invoice_number, day=record.billing_date, amount=record.due,
        currency=record.currency,
    )  # fmt: skip


def stored_amounts(target: TargetSystem) -> list[tuple[str, Decimal]]:
    """The target's books: vendor's number and total, sorted."""
    return sorted((bill.number, bill.total) for bill in target.bills.values())


def copy_of(bill: Bill, **changes: Any) -> Bill:
    """A bill with changes."""
    return msgspec.structs.replace(bill, **changes)
