"""Makes the seeded months: `month`, `small`, `empty` and `scale:N`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from random import Random
from typing import Final

from msgspec.structs import replace

from ml_connector.sandbox.month import cases, coding, contracts, costs, payments, projects, vendors
from ml_connector.sandbox.month.facts import DirectCost, Month, Project, Vendor
from ml_connector.sandbox.month.keys import COMPANY, OTHER_COMPANY, Keys

_SCALE: Final = re.compile(r"scale:([1-9]\d{0,5})")
_BLOCKED: Final = ("Inactive", "Inactive", "Hold Payments", "On Hold")
_UNBILLED: Final = (
    (
        contracts.SUBCONTRACT,
        ("Draft", "Out For Bid", "Out For Signature", "Approved", "Complete", "Terminated", "Void"),
    ),
    (
        contracts.PURCHASE_ORDER,
        ("Draft", "Processing", "Submitted", "Partially Received", "Received", "Approved", "Closed"),
    ),
)


def build(seed: str) -> Month:
    """The facts of a seed name. The same name always gives the same facts. Raises ValueError for unknown names."""
    rng, keys = Random(seed), Keys()
    if seed == "month":
        return _month(rng, keys)
    if seed == "small":
        return _small(rng, keys)
    if seed == "empty":
        return _facts([projects.make(rng, keys, 0)], [], contracts.Ledger(rng, keys), [])
    if match := _SCALE.fullmatch(seed):
        return _scale(rng, keys, int(match[1]))
    raise ValueError(f"no seed {seed!r}: it is month, small, empty or scale:N with N from 1 to 999999")


class _People:
    """The vendors of a month: those that are fit for any bill, and the one that each odd case needs."""

    def __init__(self, rng: Random, keys: Keys, count: int) -> None:
        *self.fit, missing, inactive, approval = vendors.clean(rng, keys, count)
        self.special = {
            cases.MISSING.note: vendors.only_procore(missing),
            cases.INACTIVE.note: replace(inactive, erp_status="Inactive"),
            cases.APPROVAL.note: replace(approval, erp_approval=True),
        }
        self.others: list[Vendor] = []

    def all(self) -> list[Vendor]:
        return sorted((*self.fit, *self.special.values(), *self.others), key=lambda vendor: vendor.key)


def _month(rng: Random, keys: Keys) -> Month:
    """A dozen active jobs, about 300 vendors, 200 requisitions."""
    jobs = [
        projects.make(rng, keys, place, active=place < 12 or place == 14, visible=place != 14) for place in range(15)
    ]
    active = jobs[:12]
    people = _People(rng, keys, 260)
    _oddities(rng, keys, people)
    ledger = contracts.Ledger(rng, keys)
    for place, case in enumerate(_mixed(rng)):
        ledger.write(case, active[place % len(active)], people.special.get(case.note) or rng.choice(people.fit))
    for kind, statuses in _UNBILLED:
        for place, status in enumerate(statuses):
            case = replace(
                cases.PLAIN, kind=kind, contract_status=status, linked=status in ("Approved", "Complete", "Closed")
            )
            ledger.sign(case, active[place], rng.choice(people.fit))
    return _facts(jobs, people.all(), ledger, _direct_costs(rng, keys, active, people, rounds=5))


def _mixed(rng: Random) -> list[contracts.Case]:
    """The month's cases in no order."""
    mixed = [case for case, count in cases.MONTH for _ in range(count)]
    rng.shuffle(mixed)
    return mixed


def _oddities(rng: Random, keys: Keys, people: _People) -> None:
    """What vendor lists really hold: doubles, gaps, and firms that only one of the two systems knows."""
    twin, other_twin, unregistered, *more = vendors.clean(rng, keys, 40, first=261, avoid=_names(people))
    people.others += [
        twin,
        replace(other_twin, name=twin.name, erp_name=twin.erp_name),
        replace(unregistered, tax_id=""),
    ]
    people.others += [vendors.only_procore(vendor) for vendor in more[:16]]
    people.others += [vendors.only_erp(vendor) for vendor in more[16:33]]
    people.others += [replace(vendor, erp_status=status) for vendor, status in zip(more[33:], _BLOCKED, strict=True)]


def _small(rng: Random, keys: Keys) -> Month:
    """Three active jobs, ten vendors, a dozen requisitions of every kind."""
    jobs = [projects.make(rng, keys, place, active=place != 3, visible=place != 4) for place in range(5)]
    people = _People(rng, keys, 9)
    people.others.append(vendors.only_erp(vendors.clean(rng, keys, 1, first=10, avoid=_names(people))[0]))
    ledger = contracts.Ledger(rng, keys)
    for place, case in enumerate(cases.SMALL):
        vendor = people.special.get(case.note) or people.fit[place % len(people.fit)]
        ledger.write(case, jobs[place % 3], vendor)
    return _facts(jobs, people.all(), ledger, _direct_costs(rng, keys, jobs[:3], people, rounds=1))


def _scale(rng: Random, keys: Keys, count: int) -> Month:
    """`count` approved requisitions of January over twenty jobs, nothing odd about them."""
    jobs = [projects.make(rng, keys, place) for place in range(20)]
    firms = vendors.clean(rng, keys, 300)
    ledger = contracts.Ledger(rng, keys)
    case = replace(cases.RETAINAGE, lines=2)
    for place in range(count):
        ledger.write(case, jobs[place % len(jobs)], firms[place % len(firms)])
    return _facts(jobs, firms, ledger, [])


def _direct_costs(rng: Random, keys: Keys, jobs: list[Project], people: _People, *, rounds: int) -> list[DirectCost]:
    """Every kind in every status `rounds` times, and the ones that must be held."""
    made: list[DirectCost] = []
    for turn in range(rounds):
        for kind in costs.KINDS:
            for status in costs.STATUSES:
                case = costs.CostCase(
                    kind=kind, status=status, half_cents=turn % 2 == 0, day=date(2026, 1, 5 + len(made) % 24)
                )
                vendor = rng.choice(people.fit) if kind == "invoice" else None
                made.append(costs.make(rng, keys, case, jobs[len(made) % len(jobs)], vendor))
    held = (
        (costs.CostCase(kind="invoice"), people.special[cases.MISSING.note]),
        (costs.CostCase(kind="invoice"), people.special[cases.INACTIVE.note]),
        (costs.CostCase(kind="invoice", day=date(2026, 2, 2)), people.fit[0]),
        (costs.CostCase(kind="invoice", day=date(2025, 12, 30)), people.fit[0]),
    )
    made += [costs.make(rng, keys, case, jobs[0], vendor) for case, vendor in held]
    return made


def _names(people: _People) -> set[str]:
    return {vendor.name for vendor in people.all()}


def _facts(
    jobs: Iterable[Project], firms: Iterable[Vendor], ledger: contracts.Ledger, direct: Iterable[DirectCost]
) -> Month:
    jobs = tuple(jobs)
    return Month(
        company=COMPANY,
        company_name="Lake Erie General Contractors Inc",
        other_company=OTHER_COMPANY,
        currency="USD",
        vendors=tuple(firms),
        cost_codes=coding.COST_CODES,
        cost_types=coding.COST_TYPES,
        projects=jobs,
        commitments=tuple(ledger.commitments),
        requisitions=tuple(ledger.requisitions),
        direct_costs=tuple(direct),
        payments=payments.make(ledger.commitments, ledger.requisitions),
        accounts=coding.ACCOUNTS,
        subaccounts=coding.SUBACCOUNTS,
        tasks=coding.tasks(jobs),
        periods=coding.periods(),
    )
