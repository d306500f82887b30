"""What a company knows and takes: accounts, subaccounts, projects, periods; kept for a while in this process (§6.5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, TypeVar, cast
from weakref import ref

from msgspec import Struct

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.target import PeriodState
from ml_connector.connectors.visma_net import client as calls
from ml_connector.connectors.visma_net import objects, periods, wire
from ml_connector.connectors.visma_net.client import VismaClient
from ml_connector.connectors.visma_net.periods import Period
from ml_connector.connectors.visma_net.wire import Record
from ml_connector.records.dimensions import Job

SUBACCOUNT: Final = "SUBACCOUNT"
_OLD: Final = timedelta(minutes=15)
_FRESH: Final = timedelta(minutes=1)
_KEPT: Final = 8
T = TypeVar("T")


class Segment(Struct, frozen=True, kw_only=True):
    """A part of subaccounts. `values` tells of each value whether it is active; others are taken if not `validate`."""

    name: str
    validate: bool
    values: dict[str, bool]


class _Read(Struct, frozen=True, kw_only=True):
    """A list of the company, when it was read, and by which client."""

    at: datetime
    found: object
    reader: ref[VismaClient]


class _Shelf:
    """What was read of one company."""

    def __init__(self) -> None:
        self.read: dict[str, _Read] = {}


class Company:
    """Reads each list when it is first asked for. What somebody changes there shows after 15 minutes at most."""

    def __init__(self, client: VismaClient) -> None:
        self._client = client
        settings = client.settings
        self._shelf = _shelf((settings.base_url, settings.tenant, settings.company))

    def accounts(self) -> dict[str, Record]:
        return self._kept("accounts", lambda: _by(self._client.find(calls.ACCOUNTS), "accountCD"))

    def subaccounts(self) -> dict[str, Record]:
        return self._kept("subaccounts", lambda: _by(self._client.everything(calls.SUBACCOUNTS), "subaccountNumber"))

    def jobs(self) -> dict[str, Job]:
        return self._kept("jobs", lambda: {job.key: job for job in jobs(self._client)})

    def periods(self) -> list[Period]:
        return self._kept("periods", lambda: periods.listed(self._client))

    def segments(self) -> dict[str, Segment]:
        return self._kept("segments", lambda: _segments(self._client))

    def currencies(self) -> dict[str, bool]:
        """The currencies that the company uses, and whether each is that of its books."""
        return self._kept("currencies", lambda: _currencies(self._client))

    def is_fresh(self) -> bool:
        """Whether everything was read by this client just now; what an earlier one read a person may have put right."""
        now = self._client.context.clock.now()
        return all(one.reader() is self._client and now - one.at <= _FRESH for one in list(self._shelf.read.values()))

    def forget(self) -> None:
        """Have everything read anew."""
        self._shelf.read.clear()

    def period_of(self, own: str) -> str:
        """The period `YYYY-MM` of the company's own `YYYYPP`. Names do not change: a known one is not read again."""
        kept = self._shelf.read.get("periods")
        known = cast(list[Period], kept.found) if kept else []
        return periods.name_of(own, known if any(one.own == own for one in known) else self.periods())

    def keep_periods(self, found: list[Period]) -> None:
        """Remember periods that were read just now."""
        self._keep("periods", found)

    def _kept(self, name: str, read: Callable[[], T]) -> T:
        kept = self._shelf.read.get(name)
        if kept is not None and self._client.context.clock.now() - kept.at <= _OLD:
            return cast(T, kept.found)
        found = read()
        self._keep(name, found)
        return found

    def _keep(self, name: str, found: object) -> None:
        self._shelf.read[name] = _Read(at=self._client.context.clock.now(), found=found, reader=ref(self._client))


def posting_periods(client: VismaClient) -> list[PeriodState] | None:
    """All periods in order as they are now, or None where our token may not read them; the gate asks this."""
    try:
        found = periods.listed(client)
    except (errors.NotPermitted, errors.NotFound, errors.Refusal):
        return None
    Company(client).keep_periods(found)
    states = [PeriodState(period=one.name, first=one.first, last=one.last, open=one.open) for one in found]
    return sorted(states, key=lambda state: state.first) or None


def base_currency(client: VismaClient) -> str:
    """The currency of the company's books, "" where it does not tell."""
    return next((one for one, is_base in Company(client).currencies().items() if is_base), "")


def jobs(client: VismaClient) -> list[Job]:
    """All projects with their tasks, which most versions list with them; else tasks are listed by themselves."""
    records = client.everything(calls.PROJECTS)
    if any(record.get("tasks") for record in records) or not records:
        return [objects.job(record) for record in records]
    owners = {wire.text(record, "internalID"): record for record in records}
    tasks: dict[str, list[Record]] = {}
    for row in client.everything(calls.TASKS):
        tasks.setdefault(wire.text(row, "projectInternalId"), []).append(row)
    return [objects.job({**record, "tasks": tasks.get(number, [])}) for number, record in owners.items()]


def dimension(client: VismaClient, name: str) -> list[Record]:
    """The segments of a dimension with their values."""
    return wire.rows(client.read(calls.DIMENSIONS, name).record, "segments")


def _segments(client: VismaClient) -> dict[str, Segment]:
    return {
        wire.text(row, "segmentId"): Segment(
            name=wire.text(row, "description"),
            validate=wire.flag(row, "validate") is not False,
            values={
                wire.text(value, "valueId"): wire.flag(value, "active") is not False
                for value in wire.rows(row, "segmentValues")
            },
        )
        for row in dimension(client, SUBACCOUNT)
    }


def _currencies(client: VismaClient) -> dict[str, bool]:
    rows = client.find(calls.CURRENCIES)
    return {name: wire.flag(row, "isBaseCurrency") is True for row in rows if (name := wire.text(row, "id"))}


def _by(records: list[Record], name: str) -> dict[str, Record]:
    return {wire.text(record, name): record for record in records}


def _shelf(company: tuple[str, str, str]) -> _Shelf:
    found = _shelves.pop(company, None) or _Shelf()
    _shelves[company] = found
    while len(_shelves) > _KEPT:
        del _shelves[next(iter(_shelves))]
    return found


_shelves: dict[tuple[str, str, str], _Shelf] = {}
