"""Nothing crosses tenants: the database's own policies say so, whatever the application asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, connections, transaction
from django.db.models import Model
from django.db.utils import ProgrammingError
from rehearsal import Rehearsal, rehearsal

from ml_connector.hub import audit, clocks, syncing, tenancy, tenants
from ml_connector.hub import connections as of_hub
from ml_connector.hub.models import Approval, Connection, HookAddress, Lane, Record, Tenant, Window
from ml_connector.hub.models.base import TenantRow
from ml_connector.hub.problems import WrongUse
from ml_connector.hub.syncing import Wish

SHARED = {Tenant, Window}
"""No tenant's own: a vendor counts the calls of an app or address together, whoever's they are."""
BEFORE_ANY_TENANT = {Lane, HookAddress}
"""What workers and the webhook door read to find out which tenant they work for; neither holds a customer's data."""


def guarded() -> list[type[Model]]:
    """Every model that belongs to a tenant."""
    return [
        model
        for model in apps.get_app_config("hub").get_models()
        if model not in BEFORE_ANY_TENANT and any(field.name == "tenant" for field in model._meta.fields)
    ]


def rows(statement: str, *values: object, using: str = "default") -> list[Any]:
    """What a statement answers, as the application (row-level security holds) or as "owner"."""
    with connections[using].cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


@contextmanager
def without_tenant() -> Iterator[None]:
    """The application's login as it is before it says whom it works for."""
    (before,) = rows("SELECT current_setting('app.tenant', true)")[0]
    rows("SELECT set_config('app.tenant', '', false)")
    yield
    rows("SELECT set_config('app.tenant', %s, false)", before)


def owned(table: str) -> Counter[int]:
    """Rows per tenant, as the owner sees them."""
    return Counter(dict(rows(f"SELECT tenant_id, count(*) FROM {table} GROUP BY 1", using="owner")))


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Rehearsal, Rehearsal]]:
    """Two companies, each with vendor systems of its own."""
    with rehearsal("small") as one, rehearsal("small") as other:
        yield one, other


@pytest.fixture
def companies(tenant: int, both: tuple[Rehearsal, Rehearsal]) -> tuple[int, int]:
    """Two tenants that have made connections of the same names and run the same flow at the same time."""
    other = tenants.add("other", "Other").pk

    def run(company: int, systems: Rehearsal) -> None:
        try:
            systems.reset("small")
            systems.acumatica.post("/switches", {"action_answer": "204"})
            with tenancy.of(company):
                row = systems.install()
                syncing.run(row, Wish(wait=10))
                Approval.objects.create(installation=row, difference="D-1", text="", by="test", at=clocks.clock().now())
                audit.seal()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, (tenant, other), both))
    return tenant, other


def test_every_table_with_a_tenant_has_a_policy_that_holds_for_the_application() -> None:
    policies = rows("SELECT tablename, cmd, permissive, roles::text, qual, with_check FROM pg_policies")
    assert {table for table, *_ in policies} == {model._meta.db_table for model in guarded()}
    wanted = "(tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::bigint)"
    assert {tuple(rest) for _, *rest in policies} == {("ALL", "PERMISSIVE", "{public}", wanted, wanted)}
    switched_on = {name for (name,) in rows("SELECT relname FROM pg_class WHERE relrowsecurity")}
    assert switched_on == {model._meta.db_table for model in guarded()}
    assert all(issubclass(model, TenantRow) for model in guarded())
    ((superuser, bypasses),) = rows("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
    assert (superuser, bypasses) == (False, False)
    assert rows("SELECT tablename FROM pg_tables WHERE tableowner = current_user") == []


def test_no_table_of_the_hub_was_forgotten() -> None:
    models = list(apps.get_app_config("hub").get_models())
    assert {*guarded(), *BEFORE_ANY_TENANT, *SHARED} == set(models)
    assert {field.name for field in Window._meta.fields} == {"id", "scope", "seconds", "counts", "blocked_until"}
    tables = {name for (name,) in rows("SELECT tablename FROM pg_tables WHERE tablename LIKE 'hub%%'")}
    assert tables == {model._meta.db_table for model in models}


def test_two_tenants_run_the_same_flow_without_touching_each_other(
    companies: tuple[int, int], both: tuple[Rehearsal, Rehearsal]
) -> None:
    names, refs = [], []
    for company, systems in zip(companies, both, strict=True):
        with tenancy.of(company):
            names.append(set(Connection.objects.values_list("name", flat=True)))
            posted = set(Record.objects.filter(state="posted").values_list("ref", flat=True))
            released = [bill for bill in systems.bills() if bill["status"] == "Open"]
            assert Counter(bill["reference"].split("-")[1] for bill in released) == Counter(posted)
            assert len(posted) == 5
            refs.append(posted)
            verdict = audit.verify()
            assert (verdict.unsealed, verdict.broken) == (0, "")
    assert names[0] == names[1] == {"acumatica", "procore"}
    assert not refs[0] & refs[1]


def test_each_login_sees_its_own_tenant_and_without_one_nothing(companies: tuple[int, int]) -> None:
    used = set()
    for model in guarded():
        table = model._meta.db_table
        counts = owned(table)
        used |= {table} if all(counts[company] for company in companies) else set()
        for company in companies:
            with tenancy.of(company):
                seen = Counter(tenant for (tenant,) in rows(f"SELECT tenant_id FROM {table}"))
            assert seen == Counter({company: counts[company]}), table
        with without_tenant():
            assert rows(f"SELECT * FROM {table}") == []
    unused = {model._meta.db_table for model in guarded()} - used
    assert unused == {"hub_event"}, "the flow must fill every other table, or this proves nothing"


def test_no_row_can_be_written_for_another_tenant(companies: tuple[int, int]) -> None:
    one, other = companies
    for model in guarded():
        table = model._meta.db_table
        with tenancy.of(one):
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                rows(f"INSERT INTO {table} (tenant_id) VALUES (%s) RETURNING tenant_id", other)
            if table in ("hub_auditentry", "hub_auditseal", "hub_event"):  # never changed, or empty here
                continue
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                rows(f"UPDATE {table} SET tenant_id = %s RETURNING tenant_id", other)
            assert rows(f"UPDATE {table} SET tenant_id = %s WHERE tenant_id = %s RETURNING 1", one, other) == []
            assert rows(f"DELETE FROM {table} WHERE tenant_id = %s RETURNING 1", other) == []


def test_what_belongs_to_another_tenant_is_not_found_by_its_id(companies: tuple[int, int]) -> None:
    one, other = companies
    with tenancy.of(other):
        theirs = Connection.objects.values_list("pk", flat=True)[0]
    with tenancy.of(one):
        with pytest.raises(WrongUse, match="there is no connection"):
            of_hub.find(theirs)
        assert not Connection.objects.filter(pk=theirs).exists()


def test_an_unguarded_query_fails_loudly() -> None:
    with pytest.raises(tenancy.NoTenant):
        list(Record.objects.all())
    assert rows("SELECT * FROM hub_record") == []
    assert connection.vendor == "postgresql"
