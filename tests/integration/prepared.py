"""What many tests begin with is done once and kept, in the hub's database and in the sandboxes; then it is restored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from embedded import Rows, tables
from ml_connector.hub import keyring
from ml_connector.hub.models import Connection, Tenant

if TYPE_CHECKING:
    from rehearsal import Sandbox

KEPT_WITH_IT = ("/reset", "/act", "/switches")
"""What may have been told to a sandbox before: all of it is kept (faults, for one, are not)."""


class _Kept(Struct):
    """What the sandboxes keep under `name`; the hub's rows, what sandboxes were told by then, what `do` returned."""

    name: str
    rows: Rows
    told: list[list[Any]]
    answer: str


class Prepared:
    """Whatever is done from one and the same start: freshly reset sandboxes, and a hub that knows no connection."""

    def __init__(self, sandboxes: Sequence[Sandbox]) -> None:
        self._sandboxes = sandboxes
        self._all: dict[bytes, _Kept] = {}

    def once(self, what: object, do: Callable[[], str]) -> str:
        """Do something, or restore what was there after it was done from the same start; returns what `do` returned.

        `what` tells it from everything else that is done. The sandboxes count their calls anew afterwards.
        """
        try:
            return self._once(what, do) if self._is_at_a_start() else do()
        finally:
            for sandbox in self._sandboxes:
                sandbox.forget_calls()

    def _once(self, what: object, do: Callable[[], str]) -> str:
        told = [sandbox.told for sandbox in self._sandboxes]
        key = msgspec.json.encode([what, told, sorted(keyring.load(fresh=True).keys)])
        if key in self._all:
            self._restore(self._all[key])
        else:
            self._all[key] = self._keep(do())
        return self._all[key].answer

    def _is_at_a_start(self) -> bool:
        steps = [step for sandbox in self._sandboxes for step in sandbox.told]
        known = all(step[0] in KEPT_WITH_IT for step in steps)
        return known and Tenant.objects.count() == 1 and not Connection.objects.exists()

    def _keep(self, answer: str) -> _Kept:
        name = f"prepared {len(self._all)}"
        for sandbox in self._sandboxes:
            sandbox.get("/books")  # actions that run on are done by then
            sandbox.send("/keep", {"name": name})
        return _Kept(name, tables().take(), [list(sandbox.told) for sandbox in self._sandboxes], answer)

    def _restore(self, kept: _Kept) -> None:
        for sandbox, told in zip(self._sandboxes, kept.told, strict=True):
            sandbox.send("/reset", {"kept": kept.name})
            sandbox.told = list(told)
        late = self._sandboxes[0].get("/clock")["offset_s"]
        self._sandboxes[0].send("/clock", {"advance_s": -late})  # their one clock is the machine's, as it was then
        tables().put(kept.rows)
