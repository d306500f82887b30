"""Cost centres that stand for Procore's projects bear their names, and are active while they are."""

from __future__ import annotations

from datetime import date

from ml_connector.integrations.declaration import Choice, Desk, Facts, Hold, Skip
from ml_connector.integrations.procore_masters import PROCORE
from ml_connector.integrations.visma_procore import cost_codes
from ml_connector.integrations.visma_procore.coding import SYSTEM, site_of
from ml_connector.records.documents import Project
from ml_connector.records.masters import MasterChange
from ml_connector.records.money import ZERO

_NONE = "none"
SEGMENT = Choice(
    name="cost_centre_segment",
    question="Which segment's values take their names from the Procore projects that the table projects maps to them?",
    advice=f"set dimension|segment, such as SUBACCOUNT|2, or {_NONE} where cost centres are kept by hand",
    default=_NONE,
    pattern=cost_codes.SEGMENT.pattern,
)


def facts(project: Project) -> Facts:
    """What the record shows of itself."""
    return Facts(title=project.name, number=project.number, day=None, amount=ZERO, currency="")


def centre_of(project: Project, reference: str, desk: Desk) -> MasterChange:
    """A project's cost centre with its name and state; what it holds already is not written. Raises Hold or Skip.

    Whether it is there is known from the flow of cost codes, which reads all segments.
    """
    key = _key(project, desk)
    is_there = desk.record(cost_codes.VALUES, key) is not None
    if not is_there and not project.active:
        raise Skip("inactive", "it is inactive, so no cost centre is made for it")
    name = " ".join(project.name.split())
    values = {"name": name, "active": "yes" if project.active else "no"}
    return MasterChange(reference=reference, key=key if is_there else "", code=key, name=name, values=values)


def _key(project: Project, desk: Desk) -> str:
    """The value that stands for a project, as `SUBACCOUNT|2|011`. Raises Hold or Skip where there is none."""
    segment = desk.rule(SEGMENT.name)
    if segment == _NONE:
        raise Skip("no_segment", f"no segment of {SYSTEM} takes its names from {PROCORE} (rule {SEGMENT.name})")
    day = date.fromisoformat(desk.rule("cut_over"))
    if not project.active and not desk.find("projects", project.key, day=day):
        raise Skip("inactive", "it is inactive, and in no row of the table projects")
    target = desk.map("projects", project.key, name=project.name, day=day, money=ZERO)
    if not target:
        raise Hold(
            "unmapped",
            f"the table projects has no row for {project.key} ({project.name}): add one that names its cost centre "
            "('ml-connector mapping import'), which is made if it is not there, then replay this record",
        )
    number = segment.partition("|")[2]
    value = site_of(target).segments.get(number, "")
    if not value:
        raise Hold(
            "no_cost_centre",
            f"the table projects maps it to {target}, which names no value of segment {number}: correct the row, then "
            "replay this record",
        )
    return f"{segment}|{value}"
