"""A hub that is connected to running sandboxes, with choices made, tables filled and vendors matched."""

from __future__ import annotations

import csv
import io
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from prepared import Prepared

from ml_connector.hub import connections, installations, mapping, matching
from ml_connector.hub.models import Installation
from ml_connector.integrations.catalogue import CONNECTORS, INTEGRATIONS
from ml_connector.sandbox.run import running

RULES = {
    "cut_over": "2026-01-01",
    "currency": "USD",
    "retainage": "ledger",
    "retainage_account": "20100|000000",
    "unlinked": "post",
}


class Sandbox:
    """One vendor's sandbox, by its control API. `told` is all that it was told since it was reset."""

    def __init__(self, ready: dict[str, Any]) -> None:
        self.ready = ready
        self._control = str(ready["control_url"])
        self.told: list[tuple[str, Any]] = []

    def get(self, path: str) -> Any:
        """GET a control path, decoded."""
        with urllib.request.urlopen(f"{self._control}{path}", timeout=30) as answer:
            return msgspec.json.decode(answer.read())

    def stored(self, entity: str) -> list[dict[str, Any]]:
        """All objects of an entity, in the vendor's wire form."""
        rows: list[dict[str, Any]] = self.get(f"/state?only={entity}")[entity]
        return rows

    def reset(self, seed: str) -> None:
        """As at start."""
        self.send("/reset", {"seed": seed})
        self.told = [("/reset", seed)]

    def post(self, path: str, body: Any, method: str = "POST") -> Any:
        """POST (or another method) JSON to a control path, decoded."""
        self.told.append((path, body))
        return self.send(path, body, method)

    def send(self, path: str, body: Any, method: str = "POST") -> Any:
        """`post`, of which nobody needs to know afterwards."""
        request = urllib.request.Request(
            f"{self._control}{path}", msgspec.json.encode(body), {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            content = answer.read()
        return msgspec.json.decode(content) if content else None

    def fault(
        self, effect: str, *, path: str, method: str = "", times: int | str = 1, nth: int = 0, **args: Any
    ) -> Any:
        """Plant a fault."""
        match: dict[str, Any] = {"path": path}
        if method:
            match["method"] = method
        if nth:
            match["nth"] = nth
        return self.post("/faults", {"match": match, "effect": effect, "times": times, "args": args})

    def calls(self) -> dict[tuple[str, str], int]:
        """How often each (method, path pattern) was called."""
        return {(row["method"], row["path"]): row["count"] for row in self.get("/calls/counts")}

    def forget_calls(self) -> None:
        """Begin to count anew."""
        self.send("/calls", None, method="DELETE")


class Rehearsal:
    """Both sandboxes and the installation between them."""

    def __init__(self, ready: dict[str, dict[str, Any]]) -> None:
        self.procore = Sandbox(ready["procore"])
        self.acumatica = Sandbox(ready["acumatica"])
        self.installation: Installation
        self.prepared = Prepared((self.procore, self.acumatica))
        self._seed = ""
        self._proposed: dict[str, bytes] = {}

    def reset(self, seed: str) -> None:
        """Both sandboxes as at start."""
        if seed != self._seed:
            self._seed, self._proposed = seed, {}
        for sandbox in (self.procore, self.acumatica):
            sandbox.reset(seed)

    def install(self, flows: Sequence[str] = ("requisitions",), **rules: str) -> Installation:
        """Connect, choose, map, match and enable `flows` (none named: all); `rules` override RULES.

        Calls are counted from here on.
        """
        key = self.prepared.once(["install", flows, rules], lambda: self._install(flows, rules))
        self.installation = installations.find(key)
        return self.installation

    def install_anew(self, flows: Sequence[str] = ("requisitions",), **rules: str) -> Installation:
        """`install`, never restored, with its calls left counted."""
        self.installation = installations.find(self._install(flows, rules))
        return self.installation

    def _install(self, flows: Sequence[str], rules: dict[str, str]) -> str:
        left = connections.create(CONNECTORS["acumatica"], "acumatica", self.acumatica.ready)
        right = connections.create(CONNECTORS["procore"], "procore", self.procore.ready)
        row = installations.create(INTEGRATIONS["acumatica-procore"], left, right)
        installations.set_rules(row, {**RULES, **rules})
        for name in ("projects", "coding"):
            self.fill(row, name)
        self.match(row, flows)
        for flow in flows or [None]:
            installations.enable(row, flow)
        return str(row.pk)

    def match(self, row: Installation, flows: Sequence[str] = ()) -> None:
        """A person accepts all pairs of master records that are sure, kind by kind; no document is adopted.

        Only the kinds are looked at that `flows` need (none named: all).
        """
        pair = INTEGRATIONS["acumatica-procore"]
        chosen = [flow for flow in pair.flows if flow.name in flows or not flows]
        needed = {kind for flow in chosen for kind in (*flow.after, flow.matching)}
        for found in (one for one in pair.matchings if one.kind in needed):
            matching.find(row, found)
            if not found.adopts:
                matching.accept_above(row, 90, "test", found.kind)

    def fill(self, row: Installation, name: str) -> None:
        """Import what is suggested for a table; values for which nothing fits stay gaps. Asked once per seed."""
        table = mapping.table_of(INTEGRATIONS["acumatica-procore"], name)
        if name not in self._proposed:
            with connections.opened(row.left) as (left, _), connections.opened(row.right) as (right, _):
                proposed = mapping.suggestions(row, table, left, right)
            text = mapping.suggestions_csv(one for one in proposed if one.source and one.target)
            self._proposed[name] = text.encode()
        mapping.import_csv(row, table, self._proposed[name])

    def bills(self) -> list[dict[str, Any]]:
        """The bills in the target's books that carry our reference."""
        return [row for row in self.acumatica.get("/books") if row["document"] == "bill" and row["reference"]]


@contextmanager
def rehearsal(seed: str = "small", **options: Any) -> Iterator[Rehearsal]:
    """Sandboxes as a child process, without rate limits unless asked for."""
    with running(["procore", "acumatica"], seed, **{"rate_limits": False, **options}) as ready:
        yield Rehearsal(ready)


def rows_of(text: str) -> list[dict[str, str]]:
    """CSV text as rows."""
    return list(csv.DictReader(io.StringIO(text)))
