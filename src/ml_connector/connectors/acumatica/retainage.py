"""Release of withheld retainage by Acumatica's own action, bill by bill (vendors/acumatica.md §7.2).

What a release makes carries no mark of ours and its description is not documented: whether a release was done is seen
from what is still withheld. The document it makes is left as Acumatica makes it; where the tenant does not release it
by itself (a setting there), a person does.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from msgspec import structs

from ml_connector.connectors.acumatica import actions, wire
from ml_connector.connectors.acumatica import client as calls
from ml_connector.connectors.acumatica.client import AcumaticaClient, Query
from ml_connector.connectors.acumatica.objects import BILL
from ml_connector.connectors.acumatica.odata import all_of, eq, one_of
from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Finding, Held, Outcome
from ml_connector.connectors.kit.target import Item, Step
from ml_connector.records.documents import Bill, RetainageRelease
from ml_connector.records.money import ZERO

MANY: Final = 50
_PLACE: Final = "retainage_location"


def weigh(client: AcumaticaClient, items: Sequence[Item]) -> list[Outcome]:
    """Write down what is withheld on the bills of the releases, before anything is released (`unreleased:<bill>`).

    What this record released already is added again: the amounts are those before its first release.
    """
    wanted = (release.bill for item in items for release in item.document.releases)
    unreleased = _unreleased(client, list(wanted))
    return [_weighed(client, item, unreleased) for item in items]


def release(client: AcumaticaClient, items: Sequence[Item]) -> list[Outcome]:
    """Release the next amount; nothing where all is done."""
    (item,) = items
    entry = _next(item)
    if entry is None:
        return [Done()]
    period = item.document.period
    parameters = wire.wrapped(
        {"AmtToRelease": entry.amount, "Date": item.document.date, "PostPeriod": period[5:7] + period[:4]}
    )
    try:
        key = wire.wrapped({"Type": BILL, "ReferenceNbr": entry.bill})
        answer = client.act(calls.RELEASE_RETAINAGE, BILL, "ReleaseRetainage", key, parameters)
    except errors.Refusal as refusal:
        return [_refused(entry, refusal)]
    return [actions.still_running(item, answer, _PLACE) or _advanced(item)]


def poll(client: AcumaticaClient, item: Item) -> Outcome:
    """Ask after a release that runs. When its status is forgotten, what is still withheld must tell."""
    try:
        answer = client.action_status(calls.RETAINAGE_STATUS, item.memo[_PLACE])
    except errors.Refusal as refusal:
        entry = _next(item)
        return actions.refused(refusal) if entry is None else _refused(entry, refusal)
    return actions.still_running(item, answer, _PLACE) or _advanced(item)


def look_up(client: AcumaticaClient, items: Sequence[Item]) -> list[Finding]:
    """Whether the next amount was released: the bill withholds that much less than before, or as much as before."""
    (item,) = items
    entry = _next(item)
    if entry is None:
        return [Done()]
    now = _unreleased(client, [entry.bill]).get(entry.bill)
    weighed = item.memo.get(_name(entry.bill))
    before = None if weighed is None else Decimal(weighed) - _released(item, entry.bill)
    if now is not None and before is not None:
        if now == before - entry.amount:
            return [_advanced(item)]
        if now == before:
            return [Absent()]
    message = (
        f"whether {entry.amount} of the retainage of bill {entry.bill} was released cannot be told: "
        f"{_said(before)} was withheld before, {_said(now)} is now; look at its retainage bills in Acumatica"
    )
    return [Held(cause=Cause.NOT_SEARCHABLE, message=message)]


def done(item: Item) -> tuple[RetainageRelease, ...]:
    """The releases of a document that are done, by the memo of its record."""
    releases: tuple[RetainageRelease, ...] = item.document.releases
    return releases[: _count(item)]


def again(item: Item) -> bool:
    """Whether another amount is to be released."""
    return _next(item) is not None


def _weighed(client: AcumaticaClient, item: Item, unreleased: dict[str, Decimal]) -> Done | Held:
    memo = {}
    for bill in dict.fromkeys(entry.bill for entry in item.document.releases):
        now, left = unreleased.get(bill), _left(item, bill)
        if now is None:
            field = client.settings.chart.retainage.unreleased
            message = (
                f"how much of bill {bill} is withheld is not told: check that the bill is there, and that {field} is "
                "the custom field for it (retainage_unreleased_field of the connection)"
            )
            return Held(cause=Cause.NOT_SEARCHABLE, message=message)
        if now < left:
            message = (
                f"{left} of the retainage of bill {bill} is to be released, but only {now} is withheld in Acumatica: "
                "somebody released some of it there; compare, then set this record aside or correct it"
            )
            return Held(cause=Cause.CHANGED_THERE, message=message)
        memo[_name(bill)] = f"{now + _released(item, bill):f}"
    return Done(key=item.key, number=item.number, memo=memo)


def _unreleased(client: AcumaticaClient, bills: Sequence[str]) -> dict[str, Decimal]:
    """What is still withheld, by bill; a bill that does not tell is left out."""
    field = client.settings.chart.retainage.unreleased
    found: dict[str, Decimal] = {}
    for condition in one_of("ReferenceNbr", bills):
        query = Query(
            filter=all_of(eq("Type", BILL), condition), select=("Type", "ReferenceNbr", "Status"), custom=(field,)
        )
        for record in client.find(calls.LISTS[BILL], BILL, query):
            if (amount := wire.custom_amount(record, field)) is not None:
                found[wire.text(record, "ReferenceNbr")] = amount
    return found


def _next(item: Item) -> RetainageRelease | None:
    """The amount whose turn it is."""
    releases: tuple[RetainageRelease, ...] = item.document.releases
    done = _count(item)
    return releases[done] if done < len(releases) else None


def _progress(item: Item) -> str:
    """Where the memo counts the releases; a later version of the record counts its own."""
    return f"released:{item.reference}"


def _count(item: Item) -> int:
    return int(item.memo.get(_progress(item), "0"))


def _said(amount: Decimal | None) -> str:
    return "an unknown amount" if amount is None else f"{amount:f}"


def _released(item: Item, bill: str) -> Decimal:
    """What this record released of a bill so far."""
    done = _count(item)
    return sum((entry.amount for entry in item.document.releases[:done] if entry.bill == bill), ZERO)


def _left(item: Item, bill: str) -> Decimal:
    """What this record still releases of a bill."""
    done = _count(item)
    return sum((entry.amount for entry in item.document.releases[done:] if entry.bill == bill), ZERO)


def _advanced(item: Item) -> Done:
    done = _count(item)
    return Done(key=item.key, number=item.number, memo={_progress(item): str(done + 1)})


def _refused(entry: RetainageRelease, refusal: errors.Refusal) -> Outcome:
    refused = actions.refused(refusal)
    return structs.replace(refused, message=f"retainage of bill {entry.bill}: {refused.message}")


def _name(bill: str) -> str:
    return f"unreleased:{bill}"


def unsearchable(document: Bill) -> str:
    """What a release makes bears no mark of ours."""
    if not document.releases:
        return ""
    bills = ", ".join(f"{release.amount} of bill {release.bill}" for release in document.releases)
    return f"the release of retainage ({bills})"


def _has_releases(item: Item) -> bool:
    return bool(item.document.releases)


STEPS: Final = (
    Step(name="weigh_retainage", run=weigh, batch=MANY, writes=False, needed=_has_releases),
    Step(
        name="release_retainage",
        run=release,
        look_up=look_up,
        poll=poll,
        blocks_lane=True,
        again=again,
        needed=_has_releases,
    ),
)
