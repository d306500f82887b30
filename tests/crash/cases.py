"""What is killed, and what the world looks like before: scenarios that between them pass every point."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lanes import Lane
from msgspec import Struct

SETTLED = 1200
"""Seconds after which every lost answer may be looked up."""


def nothing(lane: Lane) -> None:
    """No preparation."""


def small_pages(lane: Lane) -> None:
    """The source gives two rows a page, so that a walk is interrupted between pages."""
    lane.control("procore", "/switches", {"page_most": 2})


def fault(lane: Lane, method: str, path: str, effect: str, nth: int = 1, **args: object) -> None:
    """Plant a fault in the target."""
    match = {"method": method, "path": path, "nth": nth}
    lane.control("acumatica", "/faults", {"match": match, "effect": effect, "times": 1, "args": args})


def lost(path: str, method: str = "POST") -> Callable[[Lane], None]:
    """A first sync lost the answer to the second call of a write; then time passed."""

    def prepare(lane: Lane) -> None:
        fault(lane, method, path, "drop_after_write", nth=2)
        lane.run("sync", lane.installation, "--wait", "0")
        lane.advance(SETTLED)

    return prepare


def unoptimized(lane: Lane) -> None:
    """Lists refuse to show lines, and an answer was lost."""
    lane.control("acumatica", "/switches", {"unoptimized": "Bill.Details,FinancialPeriod.Details"})
    lost("/Bill$", "PUT")(lane)


def unoptimized_periods(lane: Lane) -> None:
    """The list of posting periods refuses to show their details."""
    lane.control("acumatica", "/switches", {"unoptimized": "FinancialPeriod.Details"})


def vanished(lane: Lane) -> None:
    """All is posted; then one requisition that was posted and one that was not are deleted at the source."""
    lane.run("sync", lane.installation)
    rows = lane.control("procore", "/state")["requisitions"]
    approved = [row["id"] for row in rows if row["status"] == "approved" and row["billing_date"] >= "2026-01-01"]
    drafts = [row["id"] for row in rows if row["status"] == "draft"]
    for key in (approved[0], drafts[0]):
        lane.control("procore", "/act", {"action": "delete", "kind": "requisition", "id": key})


def registered(lane: Lane) -> None:
    """Hooks are in place, with a secret that is about to be replaced."""
    lane.run("connection", "hook", lane.connections["procore"], "--register")


class Scenario(Struct, frozen=True):
    """`before` prepares, `killed` is the command that is killed and run again, `after` are commands that follow."""

    name: str
    killed: Callable[[Lane], Sequence[str]]
    before: Callable[[Lane], None] = nothing
    after: Callable[[Lane], Sequence[Sequence[str]]] = lambda lane: ()


def _sync(lane: Lane) -> Sequence[str]:
    return ("sync", lane.installation)


def _sweep(lane: Lane) -> Sequence[str]:
    return ("sync", lane.installation, "--sweep")


SCENARIOS = (
    Scenario("sync", _sync, small_pages),
    Scenario("lost create", _sync, lost("/Bill$", "PUT")),
    Scenario("lost release", _sync, lost("/ReleaseBill$")),
    Scenario("sweep", _sweep, vanished),
    Scenario("unoptimized", _sync, unoptimized),
    Scenario("unoptimized periods", _sync, unoptimized_periods),
    Scenario("ping", lambda lane: ("ping",)),
    Scenario("match", lambda lane: ("match", lane.installation)),
    Scenario("suggest projects", lambda lane: ("mapping", "suggest", lane.installation, "projects")),
    Scenario("suggest coding", lambda lane: ("mapping", "suggest", lane.installation, "coding")),
    Scenario("suggest orders", lambda lane: ("mapping", "suggest", lane.installation, "orders")),
    Scenario(
        "pause",
        lambda lane: ("pause", lane.installation),
        before=lambda lane: lane.run("ping") and None,
        after=lambda lane: (("enable", lane.installation),),
    ),
    Scenario("hooks", lambda lane: ("connection", "hook", lane.connections["procore"], "--register")),
    Scenario(
        "new hook secret",
        lambda lane: ("connection", "hook", lane.connections["procore"], "--register", "--renew"),
        before=registered,
    ),
)
