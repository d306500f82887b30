"""Row versions that were seen, with what the rows held: what a change with If-Match starts from (§8)."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from ml_connector.connectors.visma_net import wire
from ml_connector.connectors.visma_net.wire import Record

_MOST: Final = 2000
_COMPANIES: Final = 8


class Stored(Struct, frozen=True, kw_only=True):
    """A record as it was read, with its row version as an ETag ("" where none was told)."""

    record: Record
    etag: str


class Etags:
    """The last few thousand records of one company; an outdated one does no harm, since a change with it fails."""

    def __init__(self) -> None:
        self._known: dict[str, Stored] = {}

    def note(self, place: str, stored: Stored) -> None:
        """Remember a record that was read; one without a version is forgotten."""
        self.forget(place)
        if stored.etag:
            self._known[place] = stored
        while len(self._known) > _MOST:
            del self._known[next(iter(self._known))]

    def known(self, place: str) -> Stored | None:
        """The record as it was seen last."""
        return self._known.get(place)

    def forget(self, place: str) -> None:
        self._known.pop(place, None)


def etag_of(record: Record) -> str:
    """The ETag that belongs to a row of a list: its row version in quotes."""
    stamp = wire.text(record, "timeStamp")
    return f'"{stamp}"' if stamp else ""


def etags_of(company: tuple[str, str, str]) -> Etags:
    """Those of a company (address, tenant, company), shared by all clients of this process."""
    found = _companies.pop(company, None) or Etags()
    _companies[company] = found
    while len(_companies) > _COMPANIES:
        del _companies[next(iter(_companies))]
    return found


_companies: dict[tuple[str, str, str], Etags] = {}
