"""Customer companies."""

from __future__ import annotations

import re

from ml_connector.hub.models import Tenant
from ml_connector.hub.problems import WrongUse

DEFAULT = "default"


def find(slug: str) -> Tenant:
    """The tenant of a slug; `default` always exists. Raises WrongUse."""
    if slug == DEFAULT:
        return Tenant.objects.get_or_create(slug=DEFAULT, defaults={"name": "Default"})[0]
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise WrongUse(f"there is no tenant {slug!r}: create it with 'ml-connector tenant add {slug}'")
    return tenant


def add(slug: str, name: str) -> Tenant:
    """A new tenant. Raises WrongUse for a slug that is taken or not made of a-z, 0-9 and -."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", slug):
        raise WrongUse(f"{slug!r} is no slug: use a-z, 0-9 and -, at most 40")
    tenant, is_new = Tenant.objects.get_or_create(slug=slug, defaults={"name": name or slug})
    if not is_new:
        raise WrongUse(f"the tenant {slug!r} exists already")
    return tenant


def all_ids() -> list[int]:
    """Every tenant's id."""
    return list(Tenant.objects.order_by("pk").values_list("pk", flat=True))
