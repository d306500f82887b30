"""The one clock of a sandbox process: the machine's time plus an offset that only the control API moves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class SandboxClock:
    """Shared by all vendors of the process; it never runs backwards between two resets."""

    def __init__(self) -> None:
        self._offset = timedelta(0)
        self._watchers: list[Callable[[], None]] = []

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    @property
    def offset_s(self) -> float:
        return self._offset.total_seconds()

    def advance(self, seconds: float) -> None:
        """Raises ValueError for a negative time."""
        if seconds < 0:
            raise ValueError("the sandbox clock only goes forwards; POST /reset sets it back to real time")
        self._move(self._offset + timedelta(seconds=seconds))

    def reset(self) -> None:
        """Back to the machine's time."""
        self._move(timedelta(0))

    def begin_at(self, moment: datetime) -> None:
        """Go on from a moment, be it past or to come."""
        self._move(moment - datetime.now(UTC))

    def watch(self, moved: Callable[[], None]) -> None:
        """Have `moved` called after every change of the offset."""
        self._watchers.append(moved)

    def _move(self, offset: timedelta) -> None:
        self._offset = offset
        for moved in self._watchers:
            moved()


def iso(moment: datetime, timespec: str = "seconds") -> str:
    """`2026-01-31T12:00:00Z`; `timespec` as datetime.isoformat has it."""
    return moment.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")
