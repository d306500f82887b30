"""The mapping tables of Visma.net and Procore."""

from __future__ import annotations

import re

from ml_connector.integrations import cost_journals, procore_tables
from ml_connector.integrations.visma_procore import coding, suggest

_SEGMENTS = re.compile(r"[1-9][0-9]*=[^=,|]+(?:,[1-9][0-9]*=[^=,|]+)*")


def check_project(target: str) -> str:
    """Complains about a target that is not `project|cost centre`."""
    parts = target.split("|")
    if len(parts) != 2 or not parts[0].strip() or not _SEGMENTS.fullmatch(parts[1]):
        return f"{target!r} names no project with cost centre: write project|segment=value, such as 24-011|2=011"
    return _order_complaint(target, parts[1])


def check_coding(target: str) -> str:
    """Complains about a target that is not `account|segments|task`."""
    parts = target.split("|")
    if len(parts) != 3 or not parts[0].strip() or not (parts[1] == "" or _SEGMENTS.fullmatch(parts[1])):
        return f"{target!r} is no coding: write account|segment=value|task, for example 54000|3=03-300|03"
    return _order_complaint(target, parts[1])


def _order_complaint(target: str, segments: str) -> str:
    """One way of writing each place, so that it is found from either side."""
    proper = coding.written(coding.segments_of(segments))
    return "" if proper == segments else f"{target!r}: write the segments in their order, {proper}"


TABLES = (
    procore_tables.projects("Visma.net project|cost centre, as in 24-011|2=011", suggest.projects, check_project),
    procore_tables.coding(
        "account|segments of the subaccount|task, as in 54000|3=03-300|03", suggest.coding, check_coding
    ),
    procore_tables.employees("account that the expense is credited to"),
    procore_tables.tax("net, where costs are posted without this tax", cost_journals.check_tax),
)
