"""What the stages share: the flow at hand, and transactions that only the lane's holder can commit."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import transaction
from msgspec import Struct

from ml_connector import points
from ml_connector.connectors.kit import errors
from ml_connector.hub import installations
from ml_connector.hub.leases import Lease
from ml_connector.hub.models import Connection, FlowState, Installation
from ml_connector.integrations.declaration import Flow, Revisions

COMMITS = ("walk_begun", "page", "vanished", "walk_ended", "translated", "gated", "intent", "outcome", "settled")
points.declare(*(f"{name}.{moment}_commit" for name in COMMITS for moment in ("before", "after")), "page.read")

_LONGEST_BACKOFF = timedelta(minutes=15)


class FlowWork(Struct, frozen=True):
    """One flow of one installation, with everything that a stage needs to know of it."""

    state: FlowState
    installation: Installation
    flow: Flow
    source: Connection
    target: Connection


class Slice(Struct, frozen=True):
    """The time that one job may work: until `until` (monotonic seconds), and committing only while it holds `lease`."""

    lease: Lease
    until: float

    @property
    def over(self) -> bool:
        """Whether it is time to stop and let others work."""
        return time.monotonic() >= self.until

    @contextmanager
    def commit(self, name: str) -> Iterator[None]:
        """A transaction of the pipeline; raises LeaseLost instead of committing when another worker took over."""
        with transaction.atomic():
            self.lease.check()
            yield
            points.reach(f"{name}.before_commit")
        points.reach(f"{name}.after_commit")


def flow_work(state: FlowState) -> FlowWork:
    """The work of a flow; `state` comes with installation and connections loaded."""
    flow = installations.flow_of(state)
    row = state.installation
    return FlowWork(state, row, flow, installations.source_of(row, flow), installations.target_of(row, flow))


def corrects(work: FlowWork) -> bool:
    """Whether the hub itself corrects posted documents of a flow, by its kind or by the installation's rule."""
    if work.flow.revisions is Revisions.WITHDRAWAL:
        return True
    return installations.rule(work.installation, "corrections") in ("reverse_and_repost", "post_delta")


def backoff(failures: int, after: timedelta | None = None) -> timedelta:
    """How long to wait after the nth failure in a row: what the vendor asks for, or 1, 2, 4 … s up to 15 min."""
    own = timedelta(seconds=2 ** min(max(failures - 1, 0), 10))
    return max(min(own, _LONGEST_BACKOFF), after or timedelta(0))


def words_of_wait(error: errors.VendorError, after: timedelta) -> str:
    """The trouble with a vendor that ends by itself, and when the next try is. A limit says that on its own."""
    if isinstance(error, errors.RateLimited):
        return error.message
    return f"{error.message}: it is tried again in {after.total_seconds():.0f} s"
