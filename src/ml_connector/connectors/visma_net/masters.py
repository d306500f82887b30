"""Lists for matching and mapping (vendors/visma_net.md §6)."""

from __future__ import annotations

from collections.abc import Mapping

from ml_connector.connectors.visma_net import budgets, company, objects, wire
from ml_connector.connectors.visma_net import client as calls
from ml_connector.connectors.visma_net.client import VismaClient
from ml_connector.connectors.visma_net.wire import Record
from ml_connector.records.dimensions import Job, SegmentValue
from ml_connector.records.documents import Account, BudgetLine, Project, Subaccount, Supplier, Task
from ml_connector.records.money import ZERO


def supplier_list(client: VismaClient) -> list[Supplier]:
    """All suppliers."""
    return [objects.supplier(record) for record in client.everything(calls.SUPPLIERS)]


def accounts(client: VismaClient) -> list[Account]:
    """The chart of accounts. Not active are also bank and control accounts, which take no journals of ours."""
    return [objects.account(record) for record in client.find(calls.ACCOUNTS)]


def subaccounts(client: VismaClient) -> list[Subaccount]:
    """All combinations of segment values."""
    return [objects.subaccount(record) for record in client.everything(calls.SUBACCOUNTS)]


def projects(client: VismaClient) -> list[Project]:
    """All projects."""
    return [job.project for job in job_list(client)]


def tasks(client: VismaClient, project: str = "") -> list[Task]:
    """The tasks of one project, or of all."""
    return [task for job in job_list(client) if project in ("", job.key) for task in job.tasks]


def job_list(client: VismaClient) -> list[Job]:
    """All projects with their tasks."""
    return company.jobs(client)


def project_budgets(client: VismaClient, project: str = "") -> list[BudgetLine]:
    """The cost budget of one project, or of all. An account group with one active account has that one's."""
    alone = {group: codes[0] for group, codes in budgets.accounts_of_groups(client).items() if len(codes) == 1}
    return [_budget_line(row, alone) for row in budgets.cost_lines(client, project)]


def _budget_line(row: Record, accounts: Mapping[str, str]) -> BudgetLine:
    group = wire.text(row, "accountGroupID")
    return BudgetLine(
        project=wire.text(row, "projectID"),
        task=wire.text(row, "projectTaskID"),
        cost_code="",
        group=group,
        account=accounts.get(group, ""),
        name=wire.text(row, "description"),
        budgeted=wire.amount(row, "revisedBudgetAmount") or ZERO,
        actual=wire.amount(row, "actualAmount") or ZERO,
    )


def segment_value_list(client: VismaClient) -> list[SegmentValue]:
    """The values of all segments of the connection's dimensions, such as cost centres."""
    return [
        objects.segment_value(row, segment, name)
        for name in client.settings.dimensions
        for segment in company.dimension(client, name)
        for row in wire.rows(segment, "segmentValues")
    ]


def branches(client: VismaClient) -> list[tuple[str, str]]:
    """Numbers and names of active branches."""
    found = client.find(calls.BRANCHES)
    return [
        (wire.text(row, "number"), wire.text(row, "name")) for row in found if wire.flag(row, "isActive") is not False
    ]


def vat_codes(client: VismaClient) -> list[tuple[str, str]]:
    """VAT codes with their names."""
    return [(wire.text(row, "vatId"), wire.text(row, "description")) for row in client.find(calls.VAT)]
