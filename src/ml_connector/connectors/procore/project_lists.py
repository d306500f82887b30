"""What a project's documents may name, its budget codes and vendors, kept for a short while (§4.2, §4.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from ml_connector.connectors.procore.client import Client
from ml_connector.connectors.procore.objects import WireNamed

T = TypeVar("T")
_HOLDS: Final = timedelta(minutes=5)
"""How long an answer is good for. What is missing in an older one is looked for once more in a new one."""


class PerProject(Generic[T]):
    """A list of every project that was asked for, shared by all slices of a process."""

    def __init__(self, read: Callable[[Client, str], dict[str, T]]) -> None:
        self._read = read
        self._kept: dict[tuple[str, str], tuple[datetime, dict[str, T]]] = {}

    def of(self, client: Client, project: str, wanted: Iterable[str] = ()) -> dict[str, T]:
        """A project's list, read anew when it is old, or lacks some of `wanted`."""
        now = client.context.clock.now()
        asked, known = self._kept.get((client.context.connection, project), (None, {}))
        is_good = asked is not None and asked <= now <= asked + _HOLDS
        if is_good and (asked == now or all(one in known for one in wanted)):
            return known
        known = self._read(client, project)
        self._kept[client.context.connection, project] = (now, known)
        return known

    def forget(self) -> None:
        """Ask for everything anew."""
        self._kept.clear()


def _budget_codes(client: Client, project: str) -> dict[str, int]:
    return {wire.flat_code: wire.id for wire in client.wbs_codes(project) if wire.flat_code}


def _vendors(client: Client, project: str) -> dict[str, str]:
    path = f"/rest/v1.1/projects/{project}/vendors"
    return {str(wire.id): wire.name or "" for wire in client.rows("project_vendors.list", path, [], WireNamed)}


budget_codes: Final = PerProject(_budget_codes)
"""The ids of a project's active budget codes, by flat code (`03-200.M`)."""
directory: Final = PerProject(_vendors)
"""The names of the vendors in a project's directory, by id."""


def add_vendor(client: Client, project: str, vendor: str) -> None:
    """Put a company vendor into a project's directory, before commitments name it (§4.2)."""
    path = f"/rest/v1.1/projects/{project}/vendors/{vendor}/actions/add"
    client.write("project_vendors.add", "POST", path, {})
    directory.of(client, project).setdefault(vendor, "")
