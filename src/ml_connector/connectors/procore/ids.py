"""Company and project ids of a call, compared with the connection before it is sent (vendors/procore.md §3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from ml_connector.connectors.kit import errors

_IN_PATH: Final = re.compile(r"/(companies|projects)/([^/?]*)")


class Ids(Struct, frozen=True, kw_only=True):
    """The ids of a connection. `projects` are those that may be used, all of the company where there are none."""

    company: str
    projects: frozenset[str]

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> Ids:
        """Those of a filled form. Raises BadConfiguration without a company id."""
        company = settings.get("company_id", "").strip()
        if not _is_id(company):
            raise errors.BadConfiguration(f"company_id is {company!r}: write the company's number into the connection")
        return cls(company=company, projects=listed(settings.get("projects", "")))

    def require(self, operation: str, path: str, params: Sequence[tuple[str, str]], body: object) -> None:
        """Raises NotPermitted for a call whose company or project is missing, or is none of the connection's."""
        for kind, key in _ids(path, params, body):
            if not _is_id(key):
                raise errors.NotPermitted(
                    f"{operation}: the {kind} id is {key!r}: nothing was sent", operation=operation
                )
            if kind == "company" and key != self.company:
                raise errors.NotPermitted(
                    f"{operation}: company {key} is not {self.company}, the connection's: nothing was sent",
                    operation=operation,
                )
            if kind == "project" and self.projects and key not in self.projects:
                raise errors.NotPermitted(
                    f"{operation}: project {key} is not in the connection's list (projects): nothing was sent",
                    operation=operation,
                )


def listed(text: str) -> frozenset[str]:
    """The ids of a list with commas."""
    return frozenset(part.strip() for part in text.split(",") if part.strip())


def _ids(path: str, params: Sequence[tuple[str, str]], body: object) -> Iterator[tuple[str, str]]:
    """The kind and id of every company and project that a call names."""
    for found in _IN_PATH.finditer(path):
        yield ("company" if found[1] == "companies" else "project"), found[2]
    named = [*params, *(body.items() if isinstance(body, Mapping) else ())]
    for name, value in named:
        if name in ("company_id", "project_id"):
            yield name.removesuffix("_id"), str(value)


def _is_id(key: str) -> bool:
    return key.isascii() and key.isdigit()
