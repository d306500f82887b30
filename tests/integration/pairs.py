"""Vendors that people edit in both systems at once, and what the hub may do with each edit."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any

from msgspec import Struct, field
from rehearsal import Rehearsal
from stage import SharedClock

from ml_connector.hub import connections, lanes, syncing
from ml_connector.hub.models import FlowState, Installation, Match, Record
from ml_connector.hub.syncing import Ended, Wish
from ml_connector.hub.working import work

FLOWS = ("vendors-to-procore", "vendors-to-acumatica")
TO = {"left": "vendors-to-acumatica", "right": "vendors-to-procore"}
"""The flow that writes to a side."""
FIELDS = ("name", "active", "tax_id", "address", "city", "state", "postal_code", "country", "email", "phone")
PROCORES = ("email", "phone")
"""Fields that are Procore's, where both sides changed them; all others are Acumatica's."""
CHANGE = r"/vendors/sync|/Vendor(\?|$)"
_LEFT = {"address": "street"}
_RIGHT = {
    "name": "name", "address": "address", "city": "city", "state": "state_code", "postal_code": "zip",
    "country": "country_code", "email": "email_address", "phone": "business_phone",
}  # fmt: skip

Values = dict[str, str]


class Desk:
    """Both sandboxes without vendors, the vendor flows between them, and the people on both sides."""

    def __init__(self, sandboxes: Rehearsal) -> None:
        sandboxes.reset("empty")
        self.procore, self.acumatica = sandboxes.procore, sandboxes.acumatica
        self.acumatica.post("/switches", {"auto_number_vendors": True})
        self.clock = SharedClock(sandboxes)
        self._sandboxes = sandboxes
        self.installation: Installation

    def install(self, *flows: str, **rules: str) -> None:
        """Connect, match what both hold already, switch on."""
        chosen = {"new_vendors_in_acumatica": "create"} | rules
        self.installation = self._sandboxes.install(flows or FLOWS, **chosen)

    def make(self, side: str, values: Values) -> str:
        """A person enters a vendor; returns its key."""
        if side == "left":
            return str(self.acumatica.post("/act", {"action": "create_vendor", **_left(values)})["vendor"])
        act = {"action": "key_document", "kind": "vendor", "fields": _right(values)}
        return str(self.procore.post("/act", act)["id"])

    def edit(self, side: str, key: str, **values: str) -> None:
        """A person changes some fields of a vendor."""
        if side == "left":
            self.acumatica.post("/act", {"action": "edit_vendor", "id": key, **_left(values)})
        else:
            self.procore.post("/act", {"action": "edit", "kind": "vendor", "id": int(key), "fields": _right(values)})

    def all(self, side: str) -> dict[str, Values]:
        """All vendors of a side by key, each value in one form."""
        if side == "left":
            return {row["VendorID"]["value"]: _plain(_of_left(row)) for row in self.acumatica.stored("Vendor")}
        return {str(row["id"]): _plain(_of_right(row)) for row in self.procore.stored("vendors")}

    def read(self, side: str) -> None:
        """The hub reads one side."""
        flow = TO["right" if side == "left" else "left"]
        work(lanes.read_key(FlowState.objects.get(installation=self.installation, flow=flow).pk))

    def deliver(self, side: str) -> None:
        """The hub delivers to one side, one slice."""
        name = "acumatica" if side == "left" else "procore"
        for lane in lanes.of_connection(connections.find(name).pk):
            work(lane.key)

    def sync(self, *, sweep: bool = False) -> Ended:
        """The hub does all there is to do, waiting for what settles; nothing may be stuck."""
        ended = syncing.run(self.installation, Wish(wait=7 * 24 * 3600.0, sweep=sweep))
        assert all(statement.adds_up for statement in ended.statements)
        stuck = Record.objects.filter(installation=self.installation).exclude(state__in=["posted", "skipped"])
        assert not stuck, [(row.flow, row.source_key, row.state, row.cause, row.message) for row in stuck]
        return ended

    def lose(self, effect: str, times: int = 1) -> None:
        """The next answers to changes are lost: drop_before_write, drop_after_write."""
        for sandbox in (self.procore, self.acumatica):
            for method in ("PATCH", "PUT"):
                sandbox.fault(effect, path=CHANGE, method=method, times=times)

    def heal(self) -> bool:
        """Take faults away; tells whether one has hit."""
        hit = False
        for sandbox in (self.procore, self.acumatica):
            hit |= any(row["hits"] for row in sandbox.get("/faults"))
            sandbox.post("/faults", None, method="DELETE")
        return hit

    def writes(self) -> dict[tuple[str, str], int]:
        """Calls since the last look that change anything, by method and path."""
        found = {
            called: count
            for sandbox in (self.procore, self.acumatica)
            for called, count in sandbox.calls().items()
            if called[0] != "GET" and "token" not in called[1]
        }
        self.procore.forget_calls()
        self.acumatica.forget_calls()
        return found

    def pairs(self) -> dict[str, str]:
        """Matched keys, left to right."""
        rows = Match.objects.filter(installation=self.installation, kind="vendors").exclude(accepted_by="")
        return dict(rows.exclude(left_key="").exclude(right_key="").values_list("left_key", "right_key"))

    def left_of(self, right: str) -> str:
        """The left key of a matched vendor."""
        return next(left for left, other in self.pairs().items() if other == right)


class Invention:
    """Values that nobody has used yet, as people write them; for one kind of field there are but a few."""

    def __init__(self, rng: Random, place: int) -> None:
        self._rng = rng
        self._next = place * 1000

    def value(self, name: str) -> str:
        self._next += 1
        one = f"{self._next:06d}"
        match name:
            case "name":
                return self._rng.choice((f"Qx{one} & Sons", f"Qx{one}  Works, Inc.", f"Qx{one}"))
            case "tax_id":
                return f"{one[:2]}-{one[2:]}777"
            case "address":
                return self._rng.choice((f"{one} Quay St", f"{one} Mill Rd,  Floor 2", ""))
            case "city":
                return self._rng.choice((f"Port {one}", f"St. {one}'s & Hill", ""))
            case "postal_code":
                return one
            case "email":
                return self._rng.choice((f"AP{one}@Example.test", f"ap{one}@example.test"))
            case "phone":
                return self._rng.choice((f"(614) 555-{one}", f"614.555.{one}", ""))
            case "state":
                return self._rng.choice(("OH", "NY", "TX", "WA"))
            case "country":
                return self._rng.choice(("US", "CA", "NO"))
        return self._rng.choice(("yes", "no"))

    def vendor(self) -> Values:
        return {name: self.value(name) for name in FIELDS if name != "active"}


class Cell(Struct):
    """One field of one pair: what each side holds and has held, and on which values both may have agreed last."""

    now: dict[str, str]
    held: dict[str, set[str]]
    agreed: set[str]

    def edited(self, side: str, value: str) -> None:
        """A person changed it."""
        self.now[side] = value
        self.held[side].add(value)
        if self.now["left"] == self.now["right"]:
            self.agreed.add(value)

    def written(self, side: str, value: str, *, is_owner: bool, answered: bool) -> str:
        """The hub wrote to a side; returns what was wrong with that. `is_owner`: the other side's word counts."""
        other = "right" if side == "left" else "left"
        before, trouble = self.now[side], ""
        if value not in self.held[other]:
            trouble = "the other side never held it"
        elif before not in self.agreed and not is_owner:
            trouble = f"it was changed here since both agreed on {self.agreed}, and this side's word counts"
        elif before not in self.agreed and self.agreed == {value}:
            trouble = f"it was changed here alone since both agreed on {self.agreed}"
        self.agreed = {value} if answered else self.agreed | {value}
        self.now[side] = value
        self.held[side].add(value)
        return trouble


class Pair(Struct):
    """A matched vendor that people edit on both sides."""

    left: str
    right: str
    new: Invention
    cells: dict[str, Cell]
    story: list[str] = field(default_factory=list)

    def key(self, side: str) -> str:
        return self.left if side == "left" else self.right


def pair_of(left: str, right: str, values: Values, new: Invention) -> Pair:
    """A pair on whose values both sides agree."""
    cells = {
        name: Cell({"left": value, "right": value}, {"left": {value}, "right": {value}}, {value})
        for name, value in values.items()
    }
    return Pair(left, right, new, cells)


def edit(desk: Desk, rng: Random, pair: Pair) -> None:
    """Somebody changes a field or two on one side; at times back to what it was before."""
    side = rng.choice(("left", "right"))
    for name in rng.sample(FIELDS, rng.choice((1, 1, 2))):
        cell = pair.cells[name]
        again = sorted(cell.held[side] - {""}) if name != "name" else []
        value = rng.choice(again) if again and rng.random() < 0.2 else pair.new.value(name)
        value = value.upper() if name in ("state", "country") else value
        desk.edit(side, pair.key(side), **{name: value})
        pair.story.append(f"{side}.{name} = {value!r}")
        cell.edited(side, plain(name, value))


def look(desk: Desk, pairs: Iterable[Pair], step: str, *, answered: bool) -> None:
    """See what the hub has written, and judge each of it."""
    held = {side: desk.all(side) for side in ("left", "right")}
    for pair in pairs:
        pair.story.append(step)
        for side in ("left", "right"):
            for name, value in held[side][pair.key(side)].items():
                cell = pair.cells[name]
                if value == cell.now[side]:
                    continue
                pair.story.append(f"  hub: {side}.{name} = {value!r}")
                owner = "right" if name in PROCORES else "left"
                trouble = cell.written(side, value, is_owner=owner != side, answered=answered)
                assert not trouble, "\n".join((f"{side}.{name} = {value!r}: {trouble}", *pair.story))


def plain(name: str, value: str) -> str:
    """A value in the one form that all spellings of it have."""
    if name == "phone":
        return "".join(letter for letter in value if letter.isdigit())
    if name in ("tax_id", "postal_code"):
        return value.replace("-", "").replace(" ", "").lower()
    if name in ("email", "state", "country"):
        return value.lower()
    return " ".join(value.split())


def _plain(values: Values) -> Values:
    return {name: plain(name, values[name]) for name in FIELDS}


def _left(values: Values) -> dict[str, str]:
    fields = {_LEFT.get(name, name): value for name, value in values.items() if name != "active"}
    if "active" in values:
        fields["status"] = "Active" if values["active"] == "yes" else "Inactive"
    return fields


def _right(values: Values) -> dict[str, Any]:
    fields: dict[str, Any] = {_RIGHT[name]: value for name, value in values.items() if name in _RIGHT}
    if "active" in values:
        fields["is_active"] = values["active"] == "yes"
    if values.get("tax_id"):
        fields["business_register_attributes"] = {"type": "ein", "identifier": values["tax_id"]}
    return fields


def _of_left(row: dict[str, Any]) -> Values:
    contact = row["MainContact"]
    place = contact["Address"]
    street = [place.get(name, {}).get("value") for name in ("AddressLine1", "AddressLine2")]
    found = {
        "name": row["VendorName"], "tax_id": row["TaxRegistrationID"], "city": place["City"], "state": place["State"],
        "postal_code": place["PostalCode"], "country": place["Country"], "email": contact["Email"],
        "phone": contact["Phone1"],
    }  # fmt: skip
    values = {name: str(wrapped.get("value") or "") for name, wrapped in found.items()}
    active = "no" if row["Status"]["value"] == "Inactive" else "yes"
    return values | {"active": active, "address": ", ".join(filter(None, street))}


def _of_right(row: dict[str, Any]) -> Values:
    values = {name: str(row[wired] or "") for name, wired in _RIGHT.items()}
    register = row["business_register"] or {}
    return values | {"active": "yes" if row["is_active"] else "no", "tax_id": str(register.get("identifier") or "")}
