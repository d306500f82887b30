"""Values by which a ledger divides its accounts, and jobs with their tasks."""

from __future__ import annotations

from msgspec import Struct, structs

from ml_connector.records.documents import Project, Task


class SegmentValue(Struct, frozen=True, kw_only=True):
    """One allowed value of a segment of a dimension, such as a cost centre. `segment` is its number, from "1"."""

    dimension: str
    segment: str
    segment_name: str
    value: str
    name: str
    active: bool = True

    @property
    def key(self) -> str:
        """What names it among all values: `SUBACCOUNT|2|204`."""
        return f"{self.dimension}|{self.segment}|{self.value}"

    def for_the_books(self) -> SegmentValue:
        """The same without the segment's name."""
        return structs.replace(self, segment_name="")


class Job(Struct, frozen=True, kw_only=True):
    """A project with its tasks, in the order of their keys. `status` is the owner's word."""

    project: Project
    status: str
    tasks: tuple[Task, ...]

    @property
    def key(self) -> str:
        """That of the project."""
        return self.project.key

    def for_the_books(self) -> Job:
        """All of it counts."""
        return self
