"""Procore's JSON and the records made of it (vendors/procore.md §4, §6, §13)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct, field

from ml_connector.connectors.kit.errors import Unreadable
from ml_connector.connectors.kit.source import Row, Scope
from ml_connector.records import money
from ml_connector.records.documents import CostCode, Project, Requisition, RequisitionLine, Supplier

Amount = Any
"""Money on the wire: a string with two decimals, sometimes a number, null or an empty string (§13)."""
Id = int | str | None
"""An optional 64-bit id; null and "" both mean none."""

STATUS: Final = {
    "draft": "draft",
    "revise_and_resubmit": "draft",
    "under_review": "in_review",
    "pending_owner_approval": "in_review",
    "approved": "approved",
    "approved_as_noted": "approved",
}


class WireNamed(Struct, frozen=True, kw_only=True):
    id: int
    name: str | None = None


class WireProject(Struct, frozen=True, kw_only=True):
    id: int
    name: str | None = None
    display_name: str | None = None
    project_number: str | None = None
    accounting_project_number: str | None = None
    active: bool | None = True
    origin_id: str | None = None
    time_zone: str | None = None
    updated_at: str | None = None


class WireRegister(Struct, frozen=True, kw_only=True):
    type: str | None = None
    identifier: str | None = None


class WireVendor(Struct, frozen=True, kw_only=True):
    id: int
    name: str | None = None
    is_active: bool | None = True
    address: str | None = None
    city: str | None = None
    state_code: str | None = None
    zip: str | None = None
    country_code: str | None = None
    email_address: str | None = None
    business_phone: str | None = None
    business_register: WireRegister | None = None
    origin_id: str | None = None
    updated_at: str | None = None


class WireWbsCode(Struct, frozen=True, kw_only=True):
    id: int
    flat_code: str | None = None
    flat_name: str | None = None
    description: str | None = None


class WireCostCode(Struct, frozen=True, kw_only=True):
    full_code: str | None = None


class WireCostType(Struct, frozen=True, kw_only=True):
    code: str | None = None


class WireCurrency(Struct, frozen=True, kw_only=True):
    currency_iso_code: str | None = None


class WireSummary(Struct, frozen=True, kw_only=True):
    current_payment_due: Amount = None
    tax_applicable_to_this_payment: Amount = None


class WireItem(Struct, frozen=True, kw_only=True):
    """An item of a requisition. Which of the retainage fields on materials are there differs by endpoint."""

    id: int
    item_type: str | None = None
    line_item_id: Id = None
    change_order_package_id: Id = None
    wbs_code: WireWbsCode | None = None
    description_of_work: str | None = None
    work_completed_this_period: Amount = None
    materials_presently_stored: Amount = None
    materials_moved: Amount = None
    work_completed_retainage_retained_this_period: Amount = None
    work_completed_retainage_released_this_period: Amount = None
    materials_stored_retainage_retained_this_period: Amount = None
    materials_stored_retainage_released_this_period: Amount = None
    materials_stored_retainage_currently_retained: Amount = None
    materials_stored_retainage_new_materials: Amount = None
    materials_retainage_retained_moved: Amount = None

    @property
    def line(self) -> tuple[str, str]:
        """What names the same commitment line in the next requisition; the item's own id does not."""
        if key := text(self.line_item_id):
            return self.item_type or "", key
        return f"{self.item_type} of change order", text(self.change_order_package_id) or f"item {self.id}"


class WireRequisition(Struct, frozen=True, kw_only=True):
    id: int
    number: Id = None
    invoice_number: str | None = None
    project_id: Id = None
    commitment_id: Id = None
    commitment_type: str | None = None
    contract_name: str | None = None
    vendor_id: Id = None
    vendor_name: str | None = None
    billing_date: str | None = None
    status: str | None = None
    previous_requisition_id: Id = None
    currency_configuration: WireCurrency | None = None
    summary: WireSummary | None = None
    items: list[WireItem] | None = None
    updated_at: str | None = None


class WireMe(Struct, frozen=True, kw_only=True):
    id: int
    login: str | None = None
    name: str | None = None


class WireHookHeaders(Struct, frozen=True, kw_only=True):
    authorization: str | None = field(default=None, name="Authorization")


class WireHook(Struct, frozen=True, kw_only=True):
    id: int
    destination_url: str | None = None
    api_version: str | None = None
    namespace: str | None = None
    destination_headers: WireHookHeaders | None = None

    def __repr__(self) -> str:
        return f"WireHook(id={self.id}, destination_url={self.destination_url!r})"


class WireTrigger(Struct, frozen=True, kw_only=True):
    resource_name: str
    event_type: str


class WireTriggerFailure(Struct, frozen=True, kw_only=True):
    message: str | None = None
    trigger: WireTrigger | None = None


class WireTriggers(Struct, frozen=True, kw_only=True):
    """The answer of a bulk creation: 200 with `success`, 207 with `failed` too."""

    success: list[WireTrigger] = field(default_factory=list)
    failed: list[WireTriggerFailure] = field(default_factory=list)


def project(wire: WireProject) -> Project:
    """`other_key` is the number that the accounting system gave it, where someone has entered it."""
    return Project(
        key=str(wire.id),
        number=wire.project_number or "",
        name=wire.name or wire.display_name or "",
        active=wire.active is not False,
        other_key=wire.accounting_project_number or wire.origin_id or "",
    )


def supplier(wire: WireVendor) -> Supplier:
    return Supplier(
        key=str(wire.id),
        name=wire.name or "",
        active=wire.is_active is not False,
        tax_id=(wire.business_register.identifier if wire.business_register else None) or "",
        address=wire.address or "",
        city=wire.city or "",
        state=wire.state_code or "",
        postal_code=wire.zip or "",
        country=wire.country_code or "",
        email=wire.email_address or "",
        phone=wire.business_phone or "",
        origin=wire.origin_id or "",
    )


def cost_code(wire: WireWbsCode, project_key: str) -> CostCode:
    code = wire.flat_code or ""
    cost, kind = split_code(code)
    name = wire.flat_name or wire.description or ""
    return CostCode(key=str(wire.id), project=project_key, cost_code=cost, cost_type=kind, code=code, name=name)


def split_code(flat_code: str) -> tuple[str, str]:
    """Cost code and cost type of a flat code: `03-200.M` is (`03-200`, `M`), `03-200` is (`03-200`, ``)."""
    cost, dot, kind = flat_code.rpartition(".")
    return (cost, kind) if dot else (flat_code, "")


def coding(wbs: WireWbsCode | None, code: WireCostCode | None, kind: WireCostType | None) -> tuple[str, str]:
    """Cost code and cost type of a line: from its budget code, else from the older pair (§4.3)."""
    if wbs is not None and wbs.flat_code:
        return split_code(wbs.flat_code)
    return (code.full_code if code else None) or "", (kind.code if kind else None) or ""


def currency(wire: WireCurrency | None) -> str:
    """The ISO code, empty where the company has one currency only (§13)."""
    return (wire.currency_iso_code if wire else None) or ""


def amount(about: str, name: str, value: Amount) -> Decimal:
    """Money, null and "" being zero. Raises Unreadable with `about`, which names the record, and the field."""
    if value in (None, ""):
        return money.ZERO
    try:
        return money.parse(value)
    except (money.BadAmount, TypeError):
        raise unreadable(about, name, value) from None


def day(about: str, name: str, value: str | None) -> date | None:
    """A date, also of a time stamp; None for null and "". Raises Unreadable as `amount`."""
    if not value:
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        raise unreadable(about, name, value) from None


def local_day(about: str, name: str, value: str | None, zone: str) -> date | None:
    """The day of a time stamp where the project is (§13), in UTC where Procore names no zone; a plain date as it is.

    None for null and "". Raises Unreadable as `amount`, also for a zone that nobody knows.
    """
    if not value or len(value) <= len("2026-01-31"):
        return day(about, name, value)
    try:
        return moment(about, name, value).astimezone(ZoneInfo(zone) if zone else UTC).date()
    except (ZoneInfoNotFoundError, ValueError):
        raise unreadable(about, "time_zone of the project", zone) from None


def moment(about: str, name: str, value: str | None) -> datetime:
    """A time stamp in UTC. Raises Unreadable as `amount`, also for none."""
    found = time(value)
    if found is None:
        raise unreadable(about, name, value)
    return found


def time(value: str | None) -> datetime | None:
    """A time stamp in UTC, or None for whatever is none."""
    try:
        parsed = datetime.fromisoformat(value or "")
    except ValueError:
        return None
    return parsed.replace(tzinfo=parsed.tzinfo or UTC).astimezone(UTC)


def unreadable(about: str, name: str, value: object) -> Unreadable:
    """The error for a field that makes no sense."""
    return Unreadable(f"{about}: {name} is {str(value)[:60]!r}, which cannot be read; open it in Procore")


def require_items(wires: Iterable[WireRequisition]) -> None:
    """A list without items says nothing of the invoices in it. Raises Unreadable for the list as a whole."""
    for wire in wires:
        if wire.items is None:
            raise unreadable(_about(wire), "items", None)


def row(wire: WireRequisition, scope: Scope, previous: WireRequisition | None) -> Row:
    """One requisition as the hub reads it. Raises Unreadable that names the requisition and the field.

    `previous` is the requisition before it on the same commitment, for the movement of stored materials. When that
    one is not visible any more, all stored materials count as new; the sum against the payment due shows it.
    """
    modified = moment(_about(wire), "updated_at", wire.updated_at)
    return Row(key=str(wire.id), modified=modified, document=requisition(wire, scope, previous))


def requisition(wire: WireRequisition, scope: Scope, previous: WireRequisition | None) -> Requisition:
    """The document of a requisition: nothing in it moves when we write origin_id or origin_data back.

    A summary without amounts (early drafts) counts as nothing due. A status that Procore adds some day is
    `in_review`: it is never posted on a guess.
    """
    summary, about = wire.summary or WireSummary(), _about(wire)
    return Requisition(
        key=str(wire.id),
        project=text(wire.project_id) or scope.key,
        project_name=scope.name,
        commitment=text(wire.commitment_id),
        commitment_kind=wire.commitment_type or "",
        vendor=text(wire.vendor_id),
        vendor_name=wire.vendor_name or "",
        sequence=_sequence(wire),
        invoice_number=wire.invoice_number or "",
        billing_date=day(about, "billing_date", wire.billing_date),
        status=STATUS.get(wire.status or "draft", "in_review"),
        currency=currency(wire.currency_configuration),
        due=amount(about, "current_payment_due", summary.current_payment_due),
        tax=amount(about, "tax_applicable_to_this_payment", summary.tax_applicable_to_this_payment),
        lines=tuple(_lines(wire, previous)),
        commitment_name=wire.contract_name or "",
    )


def text(key: Id) -> str:
    """An id as text, empty where there is none."""
    return "" if key is None else str(key)


def _lines(wire: WireRequisition, previous: WireRequisition | None) -> Iterable[RequisitionLine]:
    """The lines on which something moves; a schedule of values has many that rest, and those need no mapping."""
    before = {item.line: item for item in previous.items or ()} if previous else {}
    for item in wire.items or ():
        line = _line(wire, item, before.get(item.line))
        if line.work or line.materials or line.retainage_held or line.retainage_released:
            yield line


def _line(wire: WireRequisition, item: WireItem, before: WireItem | None) -> RequisitionLine:
    amounts = _Amounts(wire, item)
    earlier = _Amounts(wire, before) if before else None
    stored_before = earlier.of("materials_presently_stored") if earlier else money.ZERO
    cost, kind = coding(item.wbs_code, None, None)
    released = amounts.of("work_completed_retainage_released_this_period") + amounts.of(
        "materials_stored_retainage_released_this_period"
    )
    held = amounts.of("work_completed_retainage_retained_this_period") + _held_on_materials(amounts, earlier)
    # Retainage goes away with the materials it was held on, without being called a release.
    released, held = (released - held, money.ZERO) if held < 0 else (released, held)
    return RequisitionLine(
        key=str(item.id),
        commitment_line=text(item.line_item_id),
        cost_code=cost,
        cost_type=kind,
        text=item.description_of_work or "",
        work=amounts.of("work_completed_this_period"),
        # What Procore moves from stored to earlier completed work has been billed before: no movement.
        materials=amounts.of("materials_presently_stored") - stored_before + amounts.of("materials_moved"),
        retainage_held=held,
        retainage_released=released,
    )


def _held_on_materials(amounts: _Amounts, earlier: _Amounts | None) -> Decimal:
    """Retainage newly held on stored materials, by the best field that this endpoint gives.

    Either told outright, or the change of the balance (which a release has lowered), or that of new materials.
    """
    if amounts.has("materials_stored_retainage_retained_this_period"):
        return amounts.of("materials_stored_retainage_retained_this_period")
    if amounts.has("materials_stored_retainage_currently_retained"):
        balance_before = earlier.of("materials_stored_retainage_currently_retained") if earlier else money.ZERO
        return (
            amounts.of("materials_stored_retainage_currently_retained")
            - balance_before
            + amounts.of("materials_stored_retainage_released_this_period")
            + amounts.of("materials_retainage_retained_moved")
        )
    return amounts.of("materials_stored_retainage_new_materials")


class _Amounts:
    """The amounts of one item, read by name so that a bad one can be named."""

    def __init__(self, wire: WireRequisition, item: WireItem) -> None:
        self._wire = wire
        self._item = item

    def has(self, name: str) -> bool:
        return getattr(self._item, name) not in (None, "")

    def of(self, name: str) -> Decimal:
        return amount(_about(self._wire), f"item {self._item.id} {name}", getattr(self._item, name))


def _sequence(wire: WireRequisition) -> int:
    number = text(wire.number)
    if not number:
        return 0
    if not number.isdigit():
        raise unreadable(_about(wire), "number", wire.number)
    return int(number)


def _about(wire: WireRequisition) -> str:
    return f"requisition {wire.id} (number {wire.number}, {wire.vendor_name})"
