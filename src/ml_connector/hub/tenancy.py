"""Whose data this thread may see: one tenant at a time, enforced by the database's row-level security as well."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection

_current: ContextVar[int | None] = ContextVar("tenant", default=None)


class NoTenant(RuntimeError):
    """Tenant data was touched outside `tenancy.of(...)`."""


def current() -> int:
    """The current tenant's id. Raises NoTenant outside of `of`."""
    tenant = _current.get()
    if tenant is None:
        raise NoTenant("tenant data was touched outside of a tenant")
    return tenant


@contextmanager
def of(tenant: int) -> Iterator[None]:
    """Work as this tenant: rows of other tenants do not exist meanwhile. Not to be entered inside a transaction."""
    token = _current.set(tenant)
    before = _setting()
    _set(str(tenant))
    try:
        yield
    finally:
        _current.reset(token)
        _set(before)


def _setting() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.tenant', true)")
        row = cursor.fetchone()
    return (row[0] if row else "") or ""


def _set(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.tenant', %s, false)", [value])
