"""The lock that `origin_id` puts on requisitions, direct costs and contract payments (vendors/procore.md §9)."""

from __future__ import annotations

from ml_connector.sandbox.procore.fields import ORIGIN_CODE, Row
from ml_connector.sandbox.procore.refusals import Invalid
from ml_connector.sandbox.procore.world import World


def refuse_synced(world: World, row: Row, values: Row | None) -> None:
    """Raises Invalid when the row has an `origin_id` and `values` has more than origin fields; None: a deletion."""
    if not row.get("origin_id") or not world.switches.on("origin_lock"):
        return
    if values is None or not set(values) <= set(ORIGIN_CODE):
        raise Invalid({"base": ["is synced with the accounting system and can't be changed"]})
