"""The arithmetic of requisitions: items carry what earlier ones said, the summary follows the items (§6)."""

from __future__ import annotations

from decimal import Decimal

from ml_connector.sandbox.procore.fields import Row, cents
from ml_connector.sandbox.procore.world import World

ZERO = Decimal(0)
BLANK_ITEM: Row = dict.fromkeys(
    (
        "work",
        "stored",
        "work_retained",
        "work_released",
        "stored_retained",
        "stored_released",
        "previous_work",
        "previous_stored",
        "previous_work_retainage",
        "previous_stored_retainage",
    ),
    ZERO,
)


def gross(item: Row) -> Decimal:
    """Work of the period plus the movement of stored materials, which may be negative."""
    amount: Decimal = item["work"] + item["stored"] - item["previous_stored"]
    return amount


def net(item: Row) -> Decimal:
    retained = item["work_retained"] + item["stored_retained"]
    released = item["work_released"] + item["stored_released"]
    amount: Decimal = gross(item) - retained + released
    return amount


def completed(item: Row) -> Decimal:
    """Completed and stored to date."""
    amount: Decimal = item["previous_work"] + item["work"] + item["stored"]
    return amount


def work_retainage(item: Row) -> Decimal:
    """On completed work, to date."""
    amount: Decimal = item["previous_work_retainage"] + item["work_retained"] - item["work_released"]
    return amount


def stored_retainage(item: Row) -> Decimal:
    """On stored materials, to date."""
    amount: Decimal = item["previous_stored_retainage"] + item["stored_retained"] - item["stored_released"]
    return amount


def items_of(world: World, requisition: Row) -> list[Row]:
    return world.requisition_items.of("requisition_id", requisition["id"])


def earned(items: list[Row]) -> Decimal:
    """Completed and stored to date less retainage."""
    return sum((completed(i) - work_retainage(i) - stored_retainage(i) for i in items), ZERO)


def certified_before(items: list[Row]) -> Decimal:
    """What the previous requisitions earned."""
    before = (i["previous_work"] + i["previous_stored"] for i in items)
    held = (i["previous_work_retainage"] + i["previous_stored_retainage"] for i in items)
    return sum(before, ZERO) - sum(held, ZERO)


def due(world: World, requisition: Row) -> Decimal:
    """The current payment due with its tax. `off_by` is a mistake planted by the seed."""
    items = items_of(world, requisition)
    return cents(earned(items) - certified_before(items) + requisition["tax"] + requisition["off_by"])


def in_order(world: World, commitment: int) -> list[Row]:
    """The requisitions of a commitment by number."""
    return sorted(world.requisitions.of("commitment_id", commitment), key=lambda row: int(row["number"]))


def carry_forward(world: World, commitment: int) -> None:
    """Let each requisition of the commitment say of earlier ones what they now say."""
    latest: dict[tuple[str, int], Row] = {}
    for requisition in in_order(world, commitment):
        for item in items_of(world, requisition):
            key = item["item_type"], item["line_item_id"]
            if before := latest.get(key):
                item["previous_work"] = before["previous_work"] + before["work"]
                item["previous_stored"] = before["stored"]
                item["previous_work_retainage"] = work_retainage(before)
                item["previous_stored_retainage"] = stored_retainage(before)
            else:
                item.update(dict.fromkeys((name for name in BLANK_ITEM if name.startswith("previous")), ZERO))
            latest[key] = item
