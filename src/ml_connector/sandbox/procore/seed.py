"""Fills the tables with the facts of a month; times are the facts', no event is sent."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from ml_connector.sandbox.month import facts
from ml_connector.sandbox.procore import contracts, lines, potential_orders
from ml_connector.sandbox.procore import requisition_amounts as amounts
from ml_connector.sandbox.procore.fields import Row, cents
from ml_connector.sandbox.procore.world import World

_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)  # for what the facts give no time
_UNSENT = ("draft", "revise_and_resubmit")


def fill(world: World, month: facts.Month) -> None:
    world.company = {"id": month.company, "name": month.company_name}
    world.other_company = month.other_company
    world.currency = month.currency
    for vendor in month.vendors:
        if vendor.in_procore:
            world.vendors.add(_vendor(world, vendor))
    for cost_type in month.cost_types:
        world.cost_types.add(
            _row(cost_type.key, code=cost_type.code, name=cost_type.name, base_type=cost_type.base_type)
        )
    world.tax_codes.add(_row(world.new_id(), code="STD", description="Sales tax", rate1=Decimal("8.25")))
    _standard_codes(world, month)
    for project in month.projects:
        _project(world, month, project)
    for commitment in month.commitments:
        _commitment(world, commitment)
    for requisition in month.requisitions:
        _requisition(world, requisition)
    for commitment in month.commitments:
        amounts.carry_forward(world, commitment.key)
    for cost in month.direct_costs:
        _direct_cost(world, cost)
    for commitment in month.commitments:  # last, so that no id depends on them
        for order in commitment.change_orders:
            _change_order_lines(world, order)


def _row(key: int, at: datetime = _BEFORE, **values: object) -> Row:
    return {"id": key, "origin_id": None, "origin_data": None, **values, "created_at": at, "updated_at": at}


def _vendor(world: World, vendor: facts.Vendor) -> Row:
    kind = "abn" if vendor.country == "AU" else "ein"
    register = {"id": world.new_id(), "type": kind, "identifier": vendor.tax_id, "verified_at": None}
    return _row(
        vendor.key,
        vendor.updated_at,
        name=vendor.name,
        address=vendor.address,
        city=vendor.city,
        state_code=vendor.state,
        zip=vendor.postal_code,
        country_code=vendor.country,
        email_address=vendor.email,
        business_phone=vendor.phone,
        business_register={**register, "verification_status": None} if vendor.tax_id else None,
        is_active=True,
        project_ids=set(),
        children=set(),
        origin_code=None,
    )


def _standard_codes(world: World, month: facts.Month) -> None:
    listing = _row(world.new_id(), name="Standard Cost Code List")
    world.standard_lists.add(listing)
    divisions: dict[str, Row] = {}
    for code in month.cost_codes:
        if code.division not in divisions:
            divisions[code.division] = _standard(world, listing, code.division, f"Division {code.division}", None)
        own = code.code.removeprefix(f"{code.division}-")
        _standard(world, listing, own, code.name, divisions[code.division]["id"])


def _standard(world: World, listing: Row, code: str, name: str, parent: int | None) -> Row:
    row = _row(world.new_id(), list_id=listing["id"], code=code, name=name, parent_id=parent, position=None)
    world.standard_cost_codes.add(row)
    return row


def _project(world: World, month: facts.Month, project: facts.Project) -> None:
    row = _row(
        project.key,
        project.updated_at,
        name=project.name,
        project_number=project.number,
        active=project.active,
        visible=project.visible,
        start_date=project.start,
        time_zone="US/Central",
        country_code="US",
        total_value=sum((wbs.budget for wbs in project.wbs), Decimal(0)),
        origin_code=None,
    )
    world.projects.add(row)
    _codes(world, month, project)
    for position, period in enumerate(project.billing_periods, 1):
        place = {"project_id": project.key, "position": position, "status": period.status}
        days = {"start_date": period.start, "end_date": period.end, "due_date": period.due}
        world.billing_periods.add(_row(period.key, project.updated_at, **place, **days))


def _codes(world: World, month: facts.Month, project: facts.Project) -> None:
    known = {code.code: code for code in month.cost_codes}
    types = {cost_type.code: cost_type.key for cost_type in month.cost_types}
    divisions: dict[str, int] = {}
    for wbs in project.wbs:
        code = known[wbs.cost_code]
        if code.division not in divisions:
            divisions[code.division] = world.new_id()
            top = {"code": code.division, "name": f"Division {code.division}", "parent_id": None}
            world.cost_codes.add(_row(divisions[code.division], project.updated_at, project_id=project.key, **top))
        if world.cost_codes.get(wbs.cost_code_key) is None:
            own = {"code": code.code.removeprefix(f"{code.division}-"), "name": code.name}
            place = {"project_id": project.key, "parent_id": divisions[code.division]}
            world.cost_codes.add(_row(wbs.cost_code_key, project.updated_at, **place, **own))
        pair = {"cost_code_id": wbs.cost_code_key, "line_item_type_id": types[wbs.cost_type]}
        row = _row(wbs.key, project.updated_at, project_id=project.key, **pair, status="active", description=None)
        world.wbs_codes.add(row)
        if wbs.budget:
            _budget_line(world, row, wbs.budget)


def _budget_line(world: World, wbs: Row, amount: Decimal) -> None:
    place = {"project_id": wbs["project_id"], "wbs_code_id": wbs["id"]}
    blank = {"quantity": None, "unit_cost": None, "uom": None, "calculation_strategy": "manual"}
    row = _row(world.new_id(), wbs["updated_at"], **place, **blank, original_budget_amount=cents(amount))
    world.budget_lines.add(row)


def _commitment(world: World, commitment: facts.Commitment) -> None:
    kind = next(kind for kind in contracts.KINDS if kind.type == commitment.kind)
    at = commitment.updated_at
    place = {"kind": kind.type, "project_id": commitment.project, "vendor_id": commitment.vendor}
    row = _row(
        commitment.key,
        at,
        **place,
        number=commitment.number,
        title=commitment.title,
        status=commitment.status,
        accounting_method="amount",
        retainage_percent=commitment.retainage_percent,
        executed=commitment.status in contracts.LOCKED,
        private=False,
        contract_date=commitment.signed,
        origin_code=None,
    )
    kind.contracts(world).add(row)
    _in_directory(world, commitment.vendor, commitment.project)
    for position, line in enumerate(commitment.lines, 1):
        _contract_line(world, kind, row, line, position)
    for order in commitment.change_orders:
        _change_order(world, row, order)


def _contract_line(world: World, kind: contracts.Kind, holder: Row, line: facts.CommitmentLine, position: int) -> None:
    place = {"contract_id": holder["id"], "project_id": holder["project_id"], "position": position}
    values = {"description": line.text, "quantity": line.quantity, "unit_cost": line.unit_cost, "uom": line.uom}
    values |= {"amount": line.amount, "extended_type": "manual", "wbs_code_id": line.wbs, "tax_code_id": None}
    kind.lines(world).add(_row(line.key, holder["updated_at"], **place, **values))
    _budgeted(world, line.wbs)


def _budgeted(world: World, number: int) -> None:
    wbs = world.wbs_codes.get(number)
    if wbs is not None and not world.budget_lines.of("wbs_code_id", number):
        _budget_line(world, wbs, Decimal(0))


def _change_order(world: World, holder: Row, order: facts.ChangeOrder) -> None:
    decided = order.status in ("approved", "rejected")
    place = {"project_id": holder["project_id"], "contract_id": holder["id"]}
    row = _row(
        order.key,
        order.updated_at,
        **place,
        number=order.number,
        title=order.title,
        status=order.status,
        grand_total=order.amount,
        revision=0,
        executed=order.status == "approved",
        reviewed_at=order.updated_at if decided else None,
        origin_code=None,
    )
    world.change_orders.add(row)


def _change_order_lines(world: World, order: facts.ChangeOrder) -> None:
    """On the potential change order that a project with one tier makes along with the package."""
    package = world.change_orders.get(order.key)
    assert package is not None, f"change order {order.key} is not there"
    alike = {name: package[name] for name in (*potential_orders.SHARED, "grand_total") if name in package}
    place = {"project_id": package["project_id"], "contract_id": package["contract_id"], "package_id": order.key}
    own = _row(world.new_id(), order.updated_at, **{**potential_orders.BLANK, **place, **alike})
    world.potential_change_orders.add(own)
    for position, line in enumerate(order.lines, 1):
        place = {"potential_change_order_id": own["id"], "project_id": own["project_id"], "position": position}
        said = {"amount": line.amount, "extended_type": "manual", "wbs_code_id": line.wbs, "description": line.text}
        world.change_order_lines.add(_row(line.key, order.updated_at, **{**lines.BLANK, **place, **said}))
        _budgeted(world, line.wbs)


def _requisition(world: World, requisition: facts.Requisition) -> None:
    holder = contracts.contract(world, requisition.commitment)
    assert holder is not None, f"requisition {requisition.key} has no commitment"
    sent = requisition.status not in _UNSENT
    row = _row(
        requisition.key,
        requisition.updated_at,
        project_id=holder["project_id"],
        commitment_id=holder["id"],
        number=requisition.sequence,
        invoice_number=requisition.invoice_number,
        period_id=requisition.period,
        requisition_start=requisition.start,
        requisition_end=requisition.end,
        billing_date=requisition.billing_date,
        submitted_at=requisition.billing_date if sent else None,
        status=requisition.status,
        final=False,
        tax=requisition.tax,
        off_by=requisition.off_by,
    )
    world.requisitions.add(row)
    for position, line in enumerate(requisition.lines, 1):
        place = {"requisition_id": row["id"], "item_type": "contract_item", "line_item_id": line.line}
        said = {
            "work": line.work,
            "stored": line.stored,
            "work_retained": line.work_retained,
            "work_released": line.work_released,
            "stored_retained": line.stored_retained,
            "stored_released": line.stored_released,
        }
        item = _row(line.key, requisition.updated_at, **{**amounts.BLANK_ITEM, **place, **said}, position=position)
        world.requisition_items.add(item)


def _direct_cost(world: World, cost: facts.DirectCost) -> None:
    row = _row(
        cost.key,
        cost.updated_at,
        project_id=cost.project,
        direct_cost_type=cost.kind,
        vendor_id=cost.vendor,
        employee_id=cost.employee,
        invoice_number=cost.invoice_number or None,
        direct_cost_date=cost.date,
        received_date=cost.date,
        status=cost.status,
    )
    world.direct_costs.add(row)
    if cost.vendor is not None:
        _in_directory(world, cost.vendor, cost.project)
    for position, line in enumerate(cost.lines, 1):
        wbs = world.wbs_codes.get(line.wbs)
        codes = {name: wbs[name] for name in ("cost_code_id", "line_item_type_id")} if wbs else {}
        place = {"project_id": cost.project, "direct_cost_id": cost.key, "position": position}
        calculated = cents(line.quantity * line.unit_cost) == line.amount
        said = {"description": line.text, "quantity": line.quantity, "unit_cost": line.unit_cost, "amount": line.amount}
        kind = {"extended_type": "calculated" if calculated else "manual", "wbs_code_id": line.wbs}
        world.direct_cost_lines.add(_row(line.key, cost.updated_at, **place, **codes, **said, **kind))
        _budgeted(world, line.wbs)


def _in_directory(world: World, vendor: int, project: int) -> None:
    row = world.vendors.get(vendor)
    if row is not None:
        row["project_ids"].add(project)
