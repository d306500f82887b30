"""A month small enough to know by heart, and a client for its sandbox."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx2
from msgspec.structs import replace
from sandbox_harness import empty_month

from ml_connector.sandbox.month import facts

D = Decimal
COMPANY, OTHER = 562_949_953_421_312, 9002
TOWER, ANNEX, SHED, OLD, SECRET = 4711, 4712, 4713, 4714, 4715
ACME, BOLT, UNUSED = 562_949_953_000_101, 562_949_953_000_102, 562_949_953_000_103
SUBCONTRACT, ORDER, DRAFT_ORDER = 88001, 88002, 88003
FRAME, ROOF, REBAR = 70001, 70002, 70003
JANUARY = datetime(2026, 1, 15, 12, 0, 5, tzinfo=UTC)


def _vendor(key: int, name: str) -> facts.Vendor:
    return facts.Vendor(
        key=key, erp_id="", name=name, erp_name=name, tax_id=f"12-{key % 10_000_000:07}", address="1 Main St",
        city="Buffalo", state="NY", postal_code="14201", country="US", email="ap@example.test", phone="555",
        updated_at=JANUARY,
    )  # fmt: skip


def _project(key: int, *, active: bool = True, visible: bool = True) -> facts.Project:
    base = key * 10
    return facts.Project(
        key=key, number=f"P-{key}", erp_id="", name=f"Job {key}", active=active, visible=visible,
        start=date(2025, 6, 1), updated_at=JANUARY,
        wbs=(
            facts.Wbs(key=base + 1, cost_code_key=base + 5, cost_code="03-200", cost_type="M", budget=D(100000)),
            facts.Wbs(key=base + 2, cost_code_key=base + 5, cost_code="03-200", cost_type="S", budget=D(0)),
            facts.Wbs(key=base + 3, cost_code_key=base + 6, cost_code="07-110", cost_type="M", budget=D(5000)),
        ),
        billing_periods=(
            facts.BillingPeriod(
                key=base + 8, start=date(2025, 12, 1), end=date(2025, 12, 31), due=date(2026, 1, 5), status="closed"
            ),
            facts.BillingPeriod(
                key=base + 9, start=date(2026, 1, 1), end=date(2026, 1, 31), due=date(2026, 2, 5), status="open"
            ),
        ),
    )  # fmt: skip


def _line(key: int, wbs: int, amount: str) -> facts.CommitmentLine:
    return facts.CommitmentLine(
        key=key, wbs=wbs, text=f"Line {key}", amount=D(amount), quantity=D(1), unit_cost=D(amount), uom="ls", erp_line=1
    )


def _commitment(key: int, kind: str, status: str, lines: tuple[facts.CommitmentLine, ...]) -> facts.Commitment:
    return facts.Commitment(
        key=key, kind=kind, project=TOWER, vendor=ACME, number=f"C-{key}", title="Work", status=status,
        retainage_percent=D(10), signed=date(2025, 7, 1), lines=lines, change_orders=(), erp_number="",
        updated_at=JANUARY,
    )  # fmt: skip


def _said(key: int, line: int, **amounts: str) -> facts.RequisitionLine:
    names = ("work", "stored", "work_retained", "work_released", "stored_retained", "stored_released")
    return facts.RequisitionLine(key=key, line=line, **{name: D(amounts.get(name, "0")) for name in names})


def _requisition(
    key: int, sequence: int, status: str, period: int, lines: tuple[facts.RequisitionLine, ...]
) -> facts.Requisition:
    day = date(2025, 12, 31) if sequence == 1 else date(2026, 1, 31)
    return facts.Requisition(
        key=key, commitment=SUBCONTRACT, sequence=sequence, previous=None if sequence == 1 else key - 1,
        invoice_number=f"INV-{sequence}", period=period, start=day.replace(day=1), end=day, billing_date=day,
        status=status, tax=D(0), lines=lines, note="", updated_at=JANUARY,
    )  # fmt: skip


def _direct_cost(key: int, kind: str, vendor: int | None, number: str) -> facts.DirectCost:
    line = facts.DirectCostLine(
        key=key * 10, wbs=TOWER * 10 + 1, text="Crane", quantity=D(2), unit_cost=D("150.25"), amount=D("300.50")
    )
    return facts.DirectCost(
        key=key, project=TOWER, kind=kind, vendor=vendor, employee=None if vendor else 77, invoice_number=number,
        date=date(2026, 1, 14), status="approved", lines=(line,), updated_at=JANUARY,
    )  # fmt: skip


def _change_lines(place: int, amount: Decimal) -> tuple[facts.ChangeOrderLine, ...]:
    """The first change order has two lines, the others one."""
    parts = (D("3000.00"), amount - 3000) if place == 0 else (amount,)
    return tuple(
        facts.ChangeOrderLine(key=80001 + 10 * place + n, wbs=TOWER * 10 + 1 + n, text="Change", amount=part)
        for n, part in enumerate(parts)
    )


def _change_orders() -> tuple[facts.ChangeOrder, ...]:
    rows = (("approved", "5000.00"), ("pending", "700.00"), ("draft", "30.00"), ("void", "2.00"))
    return tuple(
        facts.ChangeOrder(
            key=95001 + n, number=f"{n + 1:03}", title=status, status=status, amount=D(amount), in_erp=False,
            lines=_change_lines(n, D(amount)), updated_at=JANUARY,
        )
        for n, (status, amount) in enumerate(rows)
    )  # fmt: skip


def month(seed: str) -> facts.Month:
    """Raises ValueError for any seed but `known`."""
    if seed != "known":
        raise ValueError(f"no seed {seed!r}")
    first = (
        _said(51, FRAME, work="30000", work_retained="3000"),
        _said(52, ROOF, stored="2000", stored_retained="200"),
    )
    second = (
        _said(53, FRAME, work="10000", work_retained="1000", work_released="500"),
        _said(54, ROOF, work="1500.50", stored="800", work_retained="150.05", stored_released="120"),
    )
    lines = (_line(FRAME, TOWER * 10 + 1, "100000.00"), _line(ROOF, TOWER * 10 + 2, "20000.00"))
    subcontract = replace(
        _commitment(SUBCONTRACT, "WorkOrderContract", "Approved", lines), change_orders=_change_orders()
    )
    rebar = (_line(REBAR, TOWER * 10 + 3, "12500.00"),)
    return replace(
        empty_month(),
        company=COMPANY,
        other_company=OTHER,
        vendors=(_vendor(ACME, "Acme Concrete"), _vendor(BOLT, "Bolt Supply"), _vendor(UNUSED, "Unused Inc")),
        cost_codes=(
            facts.CostCode(division="03", code="03-200", name="Rebar"),
            facts.CostCode(division="07", code="07-110", name="Dampproofing"),
        ),
        cost_types=tuple(
            facts.CostType(key=3100 + n, code=code, name=name, base_type=base, erp_account="", erp_account_group="")
            for n, (code, name, base) in enumerate((("M", "Materials", "materials"), ("S", "Sub", "commitment")))
        ),
        projects=(
            _project(TOWER), _project(ANNEX), _project(SHED), _project(OLD, active=False),
            _project(SECRET, visible=False),
        ),
        commitments=(
            subcontract,
            _commitment(ORDER, "PurchaseOrderContract", "Approved", rebar),
            _commitment(DRAFT_ORDER, "PurchaseOrderContract", "Draft", ()),
        ),
        requisitions=(
            _requisition(1001, 1, "approved", TOWER * 10 + 8, first),
            _requisition(1002, 2, "under_review", TOWER * 10 + 9, second),
        ),
        direct_costs=(
            _direct_cost(9100, "invoice", BOLT, "INV-77"),
            _direct_cost(9101, "expense", None, ""),
            _direct_cost(9102, "payroll", None, ""),
        ),
    )  # fmt: skip


class Api:
    """A client with a good token and the company header."""

    def __init__(self, entry: dict[str, Any]) -> None:
        self.entry = entry
        self.http = httpx2.Client(base_url=entry["base_url"], trust_env=False, timeout=10)
        self.control = httpx2.Client(base_url=entry["control_url"], trust_env=False, timeout=10)
        self.headers: dict[str, str] = {}

    def fresh(self) -> None:
        """Everything as at start, and a new token."""
        assert self.control.post("/reset").status_code == 200
        self.switch(spike_limit=100_000, hourly_limit=100_000)
        self.headers = {"Authorization": f"Bearer {self.token()}", "Procore-Company-Id": str(COMPANY)}

    def token(self) -> str:
        given = {name: self.entry[name] for name in ("client_id", "client_secret")}
        answer = self.http.post("/oauth/token", data={"grant_type": "client_credentials", **given})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def switch(self, **values: object) -> None:
        answer = self.control.post("/switches", json=values)
        assert answer.status_code == 200, answer.text

    def act(self, action: str, **fields: object) -> Any:
        answer = self.control.post("/act", json={"action": action, **fields})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def call(self, method: str, path: str, **more: Any) -> httpx2.Response:
        return self.http.request(method, path, headers=self.headers, **more)

    def get(self, path: str, status: int = 200) -> Any:
        answer = self.call("GET", path)
        assert answer.status_code == status, answer.text
        return answer.json()

    def post(self, path: str, body: object, status: int = 201) -> Any:
        answer = self.call("POST", path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def patch(self, path: str, body: object, status: int = 200) -> Any:
        answer = self.call("PATCH", path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def delete(self, path: str, status: int = 200) -> httpx2.Response:
        answer = self.call("DELETE", path)
        assert answer.status_code == status, answer.text
        return answer
