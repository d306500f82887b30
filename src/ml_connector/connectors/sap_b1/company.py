"""What one company knows and takes: its settings, accounts, profit centres, projects, currencies, vendors.

All of it is read once per session and kept for all slices of this process; vendors only as they are needed. What a
document is turned away for is read anew first, when it was not read just now: a person may have put it right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, TypeVar

from msgspec import Struct, field

from ml_connector.connectors.kit.target import PeriodState
from ml_connector.connectors.sap_b1 import periods, wire
from ml_connector.connectors.sap_b1.client import Query, SapClient
from ml_connector.connectors.sap_b1.odata import one_of
from ml_connector.connectors.sap_b1.wire import Record

_FRESH: Final = timedelta(seconds=60)
_OLD: Final = timedelta(minutes=15)
_KEPT: Final = 8
_DECIMALS: Final = {"CDWITHOUTDECIMALS": 0, "CD1DIGIT": 1, "CD2DIGITS": 2, "CD3DIGITS": 3, "CD4DIGITS": 4,
                    "CD5DIGITS": 5, "CD6DIGITS": 6, "0": 0, "1": 1, "2": 2, "3": 3, "4": 4, "5": 5, "6": 6}  # fmt: skip
_STEPS: Final = {
    "RSROUNDTOFIVEHUNDREDTH": Decimal("0.05"), "4": Decimal("0.05"),
    "RSROUNDTOTENHUNDREDTH": Decimal("0.1"), "1": Decimal("0.1"),
    "RSROUNDTOONE": Decimal(1), "2": Decimal(1), "RSROUNDTOTEN": Decimal(10), "3": Decimal(10),
}  # fmt: skip
_SUPPLIER: Final = frozenset({"CSUPPLIER", "S"})
T = TypeVar("T")


class Span(Struct, frozen=True, kw_only=True):
    """Days from `first` to `last`, both inclusive, None where it has no such end."""

    first: date | None = None
    last: date | None = None

    def holds(self, day: date) -> bool:
        """Whether `day` is one of them."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


class AccountRow(Struct, frozen=True, kw_only=True):
    """An account. `frozen` are the days on which it takes nothing, None when it is not frozen."""

    code: str
    name: str
    number: str
    postable: bool
    locked: bool
    frozen: Span | None


class CenterRow(Struct, frozen=True, kw_only=True):
    """A profit centre and the dimension that it belongs to."""

    code: str
    active: bool
    dimension: int
    effective: Span


class ProjectRow(Struct, frozen=True, kw_only=True):
    """A financial project."""

    code: str
    active: bool
    valid: Span


class VendorRow(Struct, frozen=True, kw_only=True):
    """A business partner. `control` is its control account, `currency` its only one ("" for all)."""

    code: str
    is_supplier: bool
    frozen: Span | None
    control: str
    currency: str


class CurrencyRow(Struct, frozen=True, kw_only=True):
    """A currency: `digits` None for the company's own setting, `step` to which totals are rounded."""

    code: str
    iso: str
    digits: int | None
    step: Decimal | None


class Company(Struct, kw_only=True):
    """What was read of a company in one session. Vendors that are not there stand as None."""

    read_at: datetime
    local_currency: str
    digits: int
    accounts: dict[str, AccountRow]
    centers: dict[str, CenterRow]
    projects: dict[str, ProjectRow]
    currencies: dict[str, CurrencyRow]
    vendors: dict[str, VendorRow | None] = field(default_factory=dict)

    def by_number(self, number: str) -> AccountRow | None:
        """The account that people call by `number`."""
        return next((row for row in self.accounts.values() if row.number == number), None)


_known: dict[tuple[str, str, str], Company] = {}
_known_periods: dict[tuple[str, str, str], tuple[datetime, list[PeriodState]]] = {}


def known(client: SapClient) -> Company:
    """The company as it was read in this session, or read now."""
    found = _known.get(_session(client))
    if found is not None and timedelta(0) <= client.context.clock.now() - found.read_at <= _OLD:
        return found
    return reread(client)


def reread(client: SapClient) -> Company:
    """The company as it is now."""
    made = _read(client)
    _keep(_known, _session(client), made)
    return made


def is_fresh(client: SapClient, company: Company) -> bool:
    """Whether it was read so lately that nobody can have changed it since in good time."""
    return client.context.clock.now() - company.read_at <= _FRESH


def need_vendors(client: SapClient, company: Company, codes: Iterable[str]) -> None:
    """Read the vendors that are not known yet."""
    missing = sorted({code for code in codes if code and code not in company.vendors})
    found: dict[str, VendorRow | None] = dict.fromkeys(missing)
    for condition in one_of("CardCode", missing):
        query = Query(filter=condition, select=_VENDOR, order="CardCode")
        found |= {wire.text(record, "CardCode"): _vendor(record) for record in client.find("BusinessPartners", query)}
    company.vendors.update(found)


def posting_periods(client: SapClient) -> list[PeriodState] | None:
    """All posting periods as they are now, or None where our user may not see them; the gate asks this."""
    found = periods.periods(client)
    _keep(_known_periods, _session(client), (client.context.clock.now(), found or []))
    return found


def known_periods(client: SapClient) -> list[PeriodState]:
    """The periods' names and days as last read in this session; empty where our user may not see them."""
    found = _known_periods.get(_session(client))
    if found is not None and client.context.clock.now() - found[0] <= _OLD:
        return found[1]
    return posting_periods(client) or []


def currency_code(client: SapClient, company: Company, currency: str) -> str:
    """The company's code of an ISO currency, by the connection's table, else by the company's own list."""
    if not currency:
        return company.local_currency
    code = client.settings.currencies.get(currency)
    if code is not None or currency in company.currencies:
        return code or currency
    return next((row.code for row in company.currencies.values() if row.iso == currency), currency)


def iso_currency(client: SapClient, company: Company, code: str) -> str:
    """The ISO currency that one of the company's codes stands for; empty for an empty one."""
    own = client.settings.currency_of(code)
    if own != code or code not in company.currencies:
        return own
    return company.currencies[code].iso or code


def base_currency(client: SapClient) -> str:
    """The ISO currency of the company's books."""
    company = known(client)
    return iso_currency(client, company, company.local_currency)


def _keep(store: dict[tuple[str, str, str], T], key: tuple[str, str, str], entry: T) -> None:
    """Only the last few sessions are remembered."""
    store.pop(key, None)
    store[key] = entry
    while len(store) > _KEPT:
        del store[next(iter(store))]


def _session(client: SapClient) -> tuple[str, str, str]:
    return client.settings.base_url, client.settings.company, client.session_id


def _read(client: SapClient) -> Company:
    admin = client.service("CompanyService_GetAdminInfo")
    digits = wire.whole(admin, "TotalsAccuracy")
    return Company(
        read_at=client.context.clock.now(),
        local_currency=wire.text(admin, "LocalCurrency"),
        digits=2 if digits is None else digits,
        accounts=_by_code(client, "ChartOfAccounts", _ACCOUNT, _account, "Code"),
        centers=_by_code(client, "ProfitCenters", _CENTER, _center, "CenterCode"),
        projects=_by_code(client, "Projects", _PROJECT, _project, "Code"),
        currencies=_by_code(client, "Currencies", _CURRENCY, _currency, "Code"),
    )


def _by_code(
    client: SapClient, entity: str, select: tuple[str, ...], row: Callable[[Record], T], key: str
) -> dict[str, T]:
    """A whole list in one call, by its key."""
    records = client.find(entity, Query(select=select, order=key))
    return {wire.text(record, key): row(record) for record in records}


def _account(record: Record) -> AccountRow:
    return AccountRow(
        code=wire.text(record, "Code"),
        name=wire.text(record, "Name"),
        number=wire.text(record, "FormatCode"),
        postable=wire.flag(record, "ActiveAccount") is not False,
        locked=wire.flag(record, "LockManualTransaction") is True,
        frozen=_frozen(record, "FrozenFor"),
    )


def _center(record: Record) -> CenterRow:
    return CenterRow(
        code=wire.text(record, "CenterCode"),
        active=wire.flag(record, "Active") is not False,
        dimension=wire.whole(record, "InWhichDimension") or 1,
        effective=_span(record, "EffectiveFrom", "EffectiveTo"),
    )


def _project(record: Record) -> ProjectRow:
    active = wire.flag(record, "Active") is not False
    return ProjectRow(code=wire.text(record, "Code"), active=active, valid=_span(record, "ValidFrom", "ValidTo"))


def _vendor(record: Record) -> VendorRow:
    currency = wire.text(record, "Currency")
    return VendorRow(
        code=wire.text(record, "CardCode"),
        is_supplier=wire.text(record, "CardType").upper() in _SUPPLIER,
        frozen=_frozen(record, "Frozen"),
        control=wire.text(record, "DebitorAccount"),
        currency="" if currency == "##" else currency,
    )


def _currency(record: Record) -> CurrencyRow:
    iso = wire.text(record, "DocumentsCode").upper()
    return CurrencyRow(
        code=wire.text(record, "Code"),
        iso=iso if len(iso) == 3 and iso.isalpha() else "",
        digits=_DECIMALS.get(wire.text(record, "Decimals").upper()),
        step=_STEPS.get(wire.text(record, "Rounding").upper()),
    )


def _frozen(record: Record, name: str) -> Span | None:
    return _span(record, "FrozenFrom", "FrozenTo") if wire.flag(record, name) else None


def _span(record: Record, first: str, last: str) -> Span:
    return Span(first=wire.day(record, first), last=wire.day(record, last))


_FROZEN: Final = ("FrozenFrom", "FrozenTo")
_ACCOUNT: Final = (
    "Code", "Name", "FormatCode", "AccountType", "ActiveAccount", "LockManualTransaction", "FrozenFor", *_FROZEN,
)  # fmt: skip
_CENTER: Final = ("CenterCode", "InWhichDimension", "EffectiveFrom", "EffectiveTo", "Active")
_PROJECT: Final = ("Code", "ValidFrom", "ValidTo", "Active")
_CURRENCY: Final = ("Code", "DocumentsCode", "Decimals", "Rounding")
_VENDOR: Final = ("CardCode", "CardType", "Currency", "Frozen", *_FROZEN, "DebitorAccount")
