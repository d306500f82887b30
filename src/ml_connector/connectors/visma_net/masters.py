"""Lists for matching and mapping (vendors/visma_net.md §6)."""

from __future__ import annotations

from ml_connector.connectors.visma_net import client as calls
from ml_connector.connectors.visma_net import company, objects, wire
from ml_connector.connectors.visma_net.client import VismaClient
from ml_connector.records.dimensions import Job, SegmentValue
from ml_connector.records.documents import Account, Project, Subaccount, Supplier, Task


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
