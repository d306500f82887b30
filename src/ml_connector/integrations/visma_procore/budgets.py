"""Budget lines: what Procore allots to its codes against what Visma.net allots to tasks and account groups."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import NoReturn

from msgspec import Struct

from ml_connector.integrations.declaration import Choice, Desk, Difference, Facts, Hold, Skip
from ml_connector.integrations.differences import id_of
from ml_connector.integrations.procore_masters import PROCORE
from ml_connector.integrations.visma_procore.coding import SYSTEM, code_of, site_of
from ml_connector.records.budgets import Allocation, Budget, GroupAllocation, JobBudget
from ml_connector.records.money import ZERO

FLOW, THERE = "budgets", "project-budgets"
KIND, UNMAPPED = "budget", "budget_not_mapped"
OWNER = Choice(
    name="budget_owner",
    question="Whose budget counts, where Visma.net and Procore both keep one for a project?",
    advice="set visma or procore to have differences listed, or none where they need not agree",
    default="none",
    options=("visma", "procore", "none"),
)
Cell = tuple[str, str]
"""A task and an account group: Visma.net allots to no smaller part of a project."""


class _Share(Struct):
    """What Procore's codes of one cell add up to."""

    codes: list[str]
    amount: Decimal = ZERO


def there_facts(budget: JobBudget) -> Facts:
    """What the record shows of itself."""
    amount = sum((line.amount for line in budget.lines), ZERO)
    return Facts(title=f"budget of {budget.project}", number=budget.project, day=None, amount=amount, currency="")


def kept(budget: Budget | JobBudget, reference: str, desk: Desk) -> NoReturn:
    """Nothing is posted."""
    raise Skip("kept", "budgets are kept here to be compared: 'ml-connector differences' lists what does not agree")


def differences(budget: Budget, desk: Desk) -> list[Difference]:
    """Each cell of a project whose budgets differ. Raises Skip where nobody owns budgets, Hold before both are known.

    Procore's codes are added up by the table coding: several of them stand for one line in Visma.net.
    """
    owner = desk.rule(OWNER.name)
    if owner == "none":
        raise Skip("no_owner", f"budgets are not compared (rule {OWNER.name})")
    target = desk.find("projects", budget.project, day=_day(desk))
    if not target:
        raise Skip("unmapped", "its project is in no row of the table projects")
    job = _read(site_of(target).project, desk)
    shares, found = _shares(budget, job, desk)
    allotted: dict[Cell, Decimal] = defaultdict(Decimal)
    for line in job.lines:
        allotted[line.task, line.group] += line.amount
    for cell in sorted(shares.keys() | allotted.keys()):
        share, there = shares.get(cell, _Share([])), allotted.get(cell)
        if share.amount != (there or ZERO):
            found.append(_difference(budget, job, cell, share, there, desk))
    return found


def _read(project: str, desk: Desk) -> JobBudget:
    known = desk.record(THERE, project)
    if known is None:
        raise Hold(
            "budget_not_read",
            f"no budget of project {project} was read from {SYSTEM}: enter one there, and see that the flow {THERE} is "
            "switched on",
        )
    job = known.document
    assert isinstance(job, JobBudget)
    return job


def _shares(budget: Budget, job: JobBudget, desk: Desk) -> tuple[dict[Cell, _Share], list[Difference]]:
    """Procore's amounts by cell, and what has no cell."""
    shares: dict[Cell, _Share] = {}
    lost: list[Difference] = []
    for line in budget.lines:
        if not line.amount:
            continue
        cell = _cell(budget.project, line, job.lines, desk)
        if cell is None:
            lost.append(_unmapped(budget, line, desk))
            continue
        share = shares.setdefault(cell, _Share([]))
        share.codes.append(_named(line))
        share.amount += line.amount
    return shares, lost


def _cell(project: str, line: Allocation, lines: tuple[GroupAllocation, ...], desk: Desk) -> Cell | None:
    """The task and account group that a code is mapped to; the account itself where no budget line has it."""
    code, day = _named(line), _day(desk)
    target = desk.find("coding", f"{project}:{code}", day=day) or desk.find("coding", code, day=day)
    if not target:
        return None
    coded = code_of(target)
    groups = (one.group for one in lines if coded.account in one.accounts)
    return coded.task, next(groups, coded.account)


def _difference(
    budget: Budget, job: JobBudget, cell: Cell, share: _Share, there: Decimal | None, desk: Desk
) -> Difference:
    task, group = cell
    here = share.amount if share.codes else None
    left, right = f"{job.project} task {task or '(none)'} {group}", ", ".join(sorted(share.codes))
    is_vismas = desk.rule(OWNER.name) == "visma"
    remedy = (
        f"enter {there or ZERO} in {PROCORE} under {right or 'the codes that are mapped to it'}"
        if is_vismas
        else f"enter {here or ZERO} in {SYSTEM} for {left}"
    )
    return Difference(
        id=id_of(KIND, budget.project, task, group, there, here),
        kind=KIND,
        project=budget.project_name,
        source=left if is_vismas else right,
        target=right if is_vismas else left,
        text=f"{SYSTEM} allots {_said(there)} to {left}, {PROCORE} allots {_said(here)}",
        currency=desk.rule("currency"),
        source_amount=there if is_vismas else here,
        target_amount=here if is_vismas else there,
        by_hand=remedy,
    )


def _unmapped(budget: Budget, line: Allocation, desk: Desk) -> Difference:
    code = _named(line)
    is_vismas = desk.rule(OWNER.name) == "visma"
    return Difference(
        id=id_of(UNMAPPED, budget.project, code, line.amount),
        kind=UNMAPPED,
        project=budget.project_name,
        source="" if is_vismas else code,
        target=code if is_vismas else "",
        text=f"{PROCORE} allots {line.amount} to {code}, which no row of the table coding maps",
        currency=desk.rule("currency"),
        source_amount=None if is_vismas else line.amount,
        target_amount=line.amount if is_vismas else None,
        by_hand="add the row with 'ml-connector mapping import'",
    )


def _named(line: Allocation) -> str:
    return f"{line.cost_code}.{line.cost_type}"


def _said(amount: Decimal | None) -> str:
    return "nothing" if amount is None else f"{amount:f}"


def _day(desk: Desk) -> date:
    """Budgets have no date: the mapping rows of the cut-over date are in force."""
    return date.fromisoformat(desk.rule("cut_over"))
