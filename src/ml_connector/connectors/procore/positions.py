"""Where a walk over several lists at once stands: the next page of each, as text for the hub to keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from msgspec import Struct, structs


class Positions(Struct, frozen=True):
    """The next page of each list that is not finished, and records that are still to be fetched."""

    pages: tuple[tuple[str, int], ...]
    rest: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str | None, lists: Sequence[str]) -> Self:
        """What `text` says, or the first page of each of `lists` at the start of a walk."""
        if text is None:
            return cls(tuple((name, 1) for name in lists))
        pages, _, rest = text.partition("|")
        found = (part.split("=") for part in pages.split(",") if part)
        return cls(tuple((name, int(page)) for name, page in found), tuple(key for key in rest.split(",") if key))

    @property
    def text(self) -> str | None:
        """As it is kept; None when everything was read."""
        if not self.pages and not self.rest:
            return None
        return ",".join(f"{name}={page}" for name, page in self.pages) + (f"|{','.join(self.rest)}" * bool(self.rest))

    def page(self, name: str) -> int:
        """The next page of a list, 0 when it is finished."""
        return dict(self.pages).get(name, 0)

    def moved(self, name: str, following: int | None) -> Self:
        """The same with a list moved to its next page, or finished."""
        others = tuple(pair for pair in self.pages if pair[0] != name)
        return structs.replace(self, pages=others if following is None else (*others, (name, following)))
