"""The way back through the tables: which Procore project and budget code a line of Visma.net belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import combinations

from msgspec import Struct

from ml_connector.integrations.declaration import Desk, Hold
from ml_connector.integrations.visma_procore.coding import Code, Site, site_of, written
from ml_connector.records.documents import OrderPosition

Segments = dict[str, str]
_UNMAPPED = "unmapped"


class Job(Struct, frozen=True, kw_only=True):
    """A Procore project, and what stands for it in Visma.net."""

    project: str
    site: Site


def segments_of(position: OrderPosition) -> Segments:
    """The segments of a line's subaccount that are not zero; Visma.net numbers them from 1 (vendors/visma_net.md)."""
    return {str(place): value for place, value in enumerate(position.segments, start=1) if value.strip("0-. ")}


def job_of(position: OrderPosition, day: date, desk: Desk) -> Job | None:
    """The Procore project whose row names the line's project and one of its cost centres. Raises Hold for several."""
    for some in _parts(segments_of(position), least=1):
        target = f"{position.project}|{written(some)}"
        found = desk.sources("projects", target, day=day)
        if len(found) > 1:
            raise Hold(
                "ambiguous_project",
                f"table projects has {target} for several Procore projects ({', '.join(sorted(found))}): leave one",
            )
        if found:
            return Job(project=found[0], site=site_of(target))
    return None


def no_job(position: OrderPosition, money: Decimal, desk: Desk) -> Hold:
    """The hold of an order whose project no row of the table names; `money` is what depends on it."""
    segments = written(segments_of(position))
    desk.lack("projects", f"{position.project}|{segments}", name=f"line {position.line}", money=money)
    return Hold(
        _UNMAPPED,
        f"table projects has no row for project {position.project} and a cost centre out of {segments or 'none'} (line "
        f"{position.line}), {money} depend on it: add the row with 'ml-connector mapping import'",
    )


def code_of(position: OrderPosition, job: Job, day: date, desk: Desk) -> tuple[str, str]:
    """Cost code and cost type of a line, by account, subaccount and task; empty where none is known, which is noted.

    The row with most of the line's segments counts, one with the task before one without; rows that are for the
    project alone count before the others. Raises Hold for several.
    """
    segments = segments_of(position)
    own = {key: value for key, value in segments.items() if job.site.segments.get(key) != value}
    for some in (*_parts(own), *(part for part in _parts(segments) if part.keys() - own.keys())):
        for task in dict.fromkeys((position.task, "")):
            target = Code(account=position.account, segments=some, task=task).target
            found = _codes(target, job.project, day, desk)
            if len(found) > 1:
                raise Hold(
                    "ambiguous_code",
                    f"line {position.line} ({position.text}, {position.amount}): table coding has {target} for several "
                    f"cost codes ({', '.join(found)}): give each its own account, segments or task",
                )
            if found:
                code, _, kind = found[0].rpartition(".")
                return code, kind
    whole = Code(account=position.account, segments=own, task=position.task).target
    desk.lack("coding", whole, name=position.text or f"line {position.line}", money=position.amount)
    return "", ""


def _parts(segments: Segments, least: int = 0) -> Iterator[Segments]:
    """All parts of a subaccount, greatest first."""
    for size in range(len(segments), least - 1, -1):
        for keys in combinations(sorted(segments, key=int), size):
            yield {key: segments[key] for key in keys}


def _codes(target: str, project: str, day: date, desk: Desk) -> list[str]:
    """The codes that come to `target` in a project. A row for the project takes the place of its code's general row."""
    mapped = [one for one in desk.sources("coding", target, day=day) if one.rpartition(".")[0]]
    special = sorted(code for scope, _, code in (one.rpartition(":") for one in mapped) if scope == project)
    if special:
        return special
    general = (one for one in mapped if ":" not in one)
    return sorted(one for one in general if not desk.find("coding", f"{project}:{one}", day=day))
