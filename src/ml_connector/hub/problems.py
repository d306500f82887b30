"""What the hub tells a person: the text is the message, in words that say what to do next."""

from __future__ import annotations


class Problem(Exception):
    """Something that a person must put right; nothing was changed."""


class WrongUse(Problem):
    """A name, value or combination that does not exist or does not fit."""


class BadRows(Problem):
    """An import with bad rows: nothing was imported. `rows` are (line number, complaint)."""

    def __init__(self, message: str, rows: list[tuple[int, str]]) -> None:
        super().__init__(message)
        self.rows = rows
