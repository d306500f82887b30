"""Budgets of projects, as far as costs are held against them."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct, structs


class Allocation(Struct, frozen=True, kw_only=True):
    """What a project's budget allots to a cost code and cost type, with all changes of the budget so far."""

    cost_code: str
    cost_type: str
    amount: Decimal


class Budget(Struct, frozen=True, kw_only=True):
    """The budget of one project; without lines where nobody has made one."""

    project: str
    project_name: str
    lines: tuple[Allocation, ...]

    def for_the_books(self) -> Budget:
        """The same without the project's name."""
        return structs.replace(self, project_name="")

    def allots(self, cost_code: str, cost_type: str) -> bool:
        """Whether there is money for a code. A line over nothing is none: the source makes it for any cost itself."""
        return any(line.amount and (line.cost_code, line.cost_type) == (cost_code, cost_type) for line in self.lines)


class GroupAllocation(Struct, frozen=True, kw_only=True):
    """What a ledger's budget allots to a task of a project and a group of accounts, as it is revised by now."""

    task: str
    group: str
    accounts: tuple[str, ...]
    amount: Decimal


class JobBudget(Struct, frozen=True, kw_only=True):
    """The cost budget of one project in a ledger."""

    project: str
    lines: tuple[GroupAllocation, ...]

    def for_the_books(self) -> JobBudget:
        """All of it counts."""
        return self
