"""The upsert behind every `sync` call (vendors/procore.md §9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ml_connector.sandbox.kit.http import Answer, json_answer
from ml_connector.sandbox.procore.fields import Row, whole
from ml_connector.sandbox.procore.refusals import Invalid
from ml_connector.sandbox.procore.tables import Table
from ml_connector.sandbox.procore.world import World


class Upsert:
    """One kind of record. `inside` tells whether a row belongs to the parent that the call is about."""

    def __init__(
        self,
        world: World,
        table: Table,
        *,
        create: Callable[[Row], Row],
        update: Callable[[Row, Row], None],
        shape: Callable[[Row], Row],
        inside: Callable[[Row], bool] = lambda row: True,
    ) -> None:
        self._world = world
        self._table = table
        self._create = create
        self._update = update
        self._shape = shape
        self._inside = inside

    def run(self, updates: list[Any]) -> Answer:
        """Always 200; partial success."""
        every = self._world.switches.number("sync_error_every")
        touched: dict[int, Row] = {}
        errors: list[object] = []
        for place, given in enumerate(updates, 1):
            try:
                if every and place % every == 0:
                    raise Invalid({"base": ["An unexpected error occurred"]})
                row = self._one(given)
                touched[row["id"]] = row
            except Invalid as refusal:
                attributes = given if isinstance(given, dict) else {"value": given}
                errors.append({**attributes, "errors": refusal.errors})
        return json_answer({"entities": [self._shape(row) for row in touched.values()], "errors": errors})

    def _one(self, given: Any) -> Row:
        if not isinstance(given, dict):
            raise Invalid({"base": ["is invalid"]})
        row = self._located(given)
        if row is None:
            return self._create(given)
        self._update(row, given)
        return row

    def _located(self, given: Row) -> Row | None:
        if given.get("id") is not None:
            row = self._table.get(whole(given["id"]))
            if row is None or row.get("deleted_at") is not None or not self._inside(row):
                raise Invalid({"id": ["Entity with this ID not found"]})
            return row
        origin = given.get("origin_id")
        row = self._table.by_origin(str(origin)) if origin else None
        if row is not None and not self._inside(row):  # used in another project of the company
            raise Invalid({"origin_id": ["has already been taken"]})
        return row
