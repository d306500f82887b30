"""After the hub's database was restored from a backup: the target may hold more than the hub remembers.

While an installation is recovering, every record that is translated is looked up in the target before anything is
created (`pipeline.translate`), and what was between two steps is asked after first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from django.db import transaction
from django.db.models import F
from msgspec import Struct

from ml_connector.hub import audit, clocks, installations, syncing
from ml_connector.hub.models import Attempt, Installation, Record
from ml_connector.hub.states import AttemptState, Held, State

_NOT_SENT = (State.NEW, State.READY, State.RETRYING, State.HELD, State.REFUSED)
_CORRECTIONS = (Held.CHANGED_AFTER_POSTING, Held.GONE_AFTER_POSTING)


class Recovered(Struct, frozen=True, kw_only=True):
    """What recovering an installation found.

    `asked` records were put back to be looked up, `adopted` were found in the target, `created` were not and were
    posted now. `finished` is false while something could not be read or asked yet: then it goes on recovering.
    """

    installation: str
    asked: int
    adopted: tuple[str, ...]
    created: tuple[str, ...]
    states: dict[str, int]
    finished: bool
    ended: tuple[syncing.Ended, ...]


def all_installations() -> list[Installation]:
    """The current tenant's installations that have a flow switched on."""
    rows = Installation.objects.select_related("left", "right").filter(flows__enabled=True)
    return list(rows.distinct().order_by("created", "pk"))


def recover(row: Installation, wait: float, progress: Callable[[str], None] = lambda text: None) -> Recovered:
    """Ask the target after everything before going on. May be repeated. Raises Problem when it is paused."""
    audit.accept_restored()
    before = set(_posted(row))
    asked = _put_back(row)
    flows = [state.flow for state in installations.flow_states(row) if state.enabled]
    ended = tuple(syncing.run(row, syncing.Wish(flow=flow, sweep=True, wait=wait), progress) for flow in flows)
    finished = not any(one.in_flight or one.troubles for one in ended) and all(
        statement.complete for one in ended for statement in one.statements
    )
    if finished:
        _finish(row)
    new = sorted(set(_posted(row)) - before)
    targets = [flow.target for flow in installations.declaration(row.integration).flows]
    creating = [target.steps[0].name for target in targets if target.steps]
    done = Attempt.objects.filter(record__ref__in=new, step__in=creating, state=AttemptState.DONE)
    sent = set(done.values_list("record__ref", flat=True))
    states = Counter(Record.objects.filter(installation=row).values_list("state", flat=True))
    return Recovered(
        installation=row.pk,
        asked=asked,
        adopted=tuple(ref for ref in new if ref not in sent),
        created=tuple(ref for ref in new if ref in sent),
        states=dict(sorted(states.items())),
        finished=finished,
        ended=ended,
    )


def _posted(row: Installation) -> list[str]:
    return list(Record.objects.filter(installation=row, state=State.POSTED).values_list("ref", flat=True))


def _put_back(row: Installation) -> int:
    """Nothing is created any more without a look: returns how many records will be asked after."""
    now = clocks.clock().now()
    records = Record.objects.filter(installation=row)
    with transaction.atomic():
        Installation.objects.filter(pk=row.pk).update(recovering=True)
        # What may be there already is looked up by the reference that it has; what was read since comes afterwards.
        waits_there = records.filter(state=State.HELD, due__isnull=False, step__gt="")
        waits_there.update(state=State.UNKNOWN, updated=now)
        unsent = records.filter(state__in=_NOT_SENT, target_key="").exclude(cause__in=_CORRECTIONS)
        unsent = unsent.exclude(cause=Held.NOT_SEARCHABLE, newest__gt=F("version"))
        asked = unsent.update(state=State.NEW, cause="", message="", step="", due=None, checked=None, updated=now)
        between = records.filter(state__in=(State.SENDING, State.WAITING, State.RETRYING))
        between.update(state=State.UNKNOWN, updated=now)
        asked += records.filter(state=State.UNKNOWN).update(due=now)
        audit.write("installation.recovering", row.pk, records=asked)
    row.recovering = True
    return asked


def _finish(row: Installation) -> None:
    with transaction.atomic():
        Installation.objects.filter(pk=row.pk).update(recovering=False)
        audit.write("installation.recovered", row.pk)
    row.recovering = False
