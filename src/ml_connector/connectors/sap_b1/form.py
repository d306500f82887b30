"""The connection form, its checks, and the settings that follow from it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from ml_connector.connectors.kit import address, trust
from ml_connector.connectors.kit.declaration import CallWindow, Field

LONGEST_WRITE: Final = 300
"""Seconds. A batch of documents is posted one after the other, each up to a second and more (vendors/sap_b1.md §10)."""
SETTLE: Final = timedelta(minutes=6)
"""A node goes on with a batch whose caller hung up; afterwards what it posted can be found by our reference."""
_VERSION: Final = re.compile(r"/b1s/(v[12])$")
_YES_NO: Final = ("yes", "no")

FIELDS: Final = (
    Field(
        name="base_url",
        label="Service Layer address",
        help="https://host:50000, with or without /b1s/v2 or /b1s/v1; without it v2 is used",
    ),
    Field(name="company_db", label="Company database", help="As on the log-in screen, for example SBODEMOUS"),
    Field(
        name="username",
        label="User",
        help="A user of its own, with rights on the documents and master data used; people are logged out otherwise",
    ),
    Field(name="password", label="Password", secret=True),
    Field(
        name="ca_file",
        label="Certificate authority",
        required=False,
        help="For a certificate that no public authority signed: the PEM text, or the path of a PEM file on the server",
    ),
    Field(
        name="verify",
        label="Verify the certificate",
        required=False,
        default="yes",
        help="'no' accepts any certificate: whoever stands between can then read the password",
    ),
    Field(
        name="currencies",
        label="Currency codes",
        required=False,
        help="Where the company has codes of its own: USD=$, EUR=EU. Others are taken as they are",
    ),
    Field(
        name="dimension",
        label="Dimension of profit centres",
        required=False,
        default="1",
        help="1 to 5; profit centres are written into the costing code of this dimension",
    ),
    Field(
        name="tax_code",
        label="Tax code of document lines",
        required=False,
        help="For countries with tax codes (US, CA, BR, IN): a code of zero percent; empty: the company's default",
    ),
    Field(
        name="vat_group",
        label="VAT group of document lines",
        required=False,
        help="For countries with VAT groups: a group of zero percent; empty: the company's default",
    ),
    Field(name="branch", label="Branch", required=False, help="Its number, where the company works with branches"),
    Field(name="series", label="Series of documents", required=False, help="Its number; empty: the default series"),
    Field(name="journal_series", label="Series of journal entries", required=False, help="Its number; empty: default"),
    Field(
        name="page_size",
        label="Rows per page",
        required=False,
        default="500",
        help="For master data and documents read whole; 0: everything in one answer",
    ),
)


class Settings(Struct, frozen=True, kw_only=True):
    """What the form says, without its secrets. `base_url` ends before `/b1s`; `version` is v1 or v2."""

    base_url: str
    version: str
    company: str
    username: str
    trust: trust.Trust
    currencies: dict[str, str]
    dimension: int
    tax_code: str
    vat_group: str
    branch: int | None
    series: int | None
    journal_series: int | None
    page_size: int

    @property
    def scope(self) -> str:
        return self.base_url

    @property
    def root(self) -> str:
        """The path of the service root below the address."""
        return f"/b1s/{self.version}"

    @property
    def center_field(self) -> str:
        """The property of a line that holds its profit centre: CostingCode, CostingCode2 to CostingCode5."""
        return "CostingCode" if self.dimension == 1 else f"CostingCode{self.dimension}"

    def code_of(self, currency: str) -> str:
        """The company's code of an ISO currency."""
        return self.currencies.get(currency, currency)

    def currency_of(self, code: str) -> str:
        """The ISO currency of one of the company's codes."""
        return next((iso for iso, own in self.currencies.items() if own == code), code)


def check(form: Mapping[str, str]) -> list[str]:
    """Complaints about a filled form, each naming the field and what to write."""
    found = [f"{field.name}: must be filled in" for field in FIELDS if field.required and not _given(form, field.name)]
    if base := _given(form, "base_url"):
        found.append(address.complaint(base) or _path_complaint(base))
    found.append(trust.complaint(_given(form, "ca_file"), "ca_file"))
    if (verify := _given(form, "verify")) not in _YES_NO:
        found.append(f"verify: {verify!r} is neither 'yes' nor 'no'")
    if verify_off(form) and _given(form, "ca_file"):
        found.append("verify: with ca_file the certificate is checked: leave out one of them")
    if (dimension := _given(form, "dimension")) not in ("1", "2", "3", "4", "5"):
        found.append(f"dimension: {dimension!r} is none of 1 to 5")
    if _given(form, "tax_code") and _given(form, "vat_group"):
        found.append("tax_code, vat_group: a company has one or the other: leave one of them empty")
    for name in ("branch", "series", "journal_series", "page_size"):
        text = _given(form, name)
        if text and not (text.isascii() and text.isdigit() and len(text) < 10):
            found.append(f"{name}: {text!r} is not a whole number")
    found += _currency_complaints(_given(form, "currencies"))
    return [complaint for complaint in found if complaint]


def settings(form: Mapping[str, str]) -> Settings:
    """The settings of a form that `check` did not complain about."""
    base, version = split(_given(form, "base_url"))
    return Settings(
        base_url=base,
        version=version,
        company=_given(form, "company_db"),
        username=_given(form, "username"),
        trust=trust.Trust(authority=_given(form, "ca_file"), verify=not verify_off(form)),
        currencies=dict(_pairs(_given(form, "currencies"))),
        dimension=int(_given(form, "dimension")),
        tax_code=_given(form, "tax_code"),
        vat_group=_given(form, "vat_group"),
        branch=_number(form, "branch"),
        series=_number(form, "series"),
        journal_series=_number(form, "journal_series"),
        page_size=int(_given(form, "page_size")),
    )


def split(base_url: str) -> tuple[str, str]:
    """The address before `/b1s` and the version of the service, which is v2 where none is given (§1)."""
    bare = base_url.strip().rstrip("/")
    if found := _VERSION.search(bare):
        return bare[: found.start()].rstrip("/"), found.group(1)
    return bare.removesuffix("/b1s").rstrip("/"), "v2"


def verify_off(form: Mapping[str, str]) -> bool:
    """Whether somebody stated that any certificate is to be accepted."""
    return _given(form, "verify") == "no"


def windows(form: Mapping[str, str]) -> tuple[CallWindow, ...]:
    """None: the Service Layer documents no limit (vendors/sap_b1.md §10)."""
    return ()


def lanes(form: Mapping[str, str]) -> tuple[str, ...]:
    """One: postings of a company lock each other out when they run at the same time (vendors/sap_b1.md §9)."""
    return ("1",)


def _path_complaint(base_url: str) -> str:
    path = urlsplit(split(base_url)[0]).path
    if "/b1s" in path:
        return "base_url: write it as https://host:50000 or https://host:50000/b1s/v2, nothing behind it"
    return ""


def _currency_complaints(text: str) -> list[str]:
    found = []
    for iso, own in _pairs(text):
        if not re.fullmatch(r"[A-Z]{3}", iso) or not own:
            found.append(f"currencies: {iso}={own} is not a pair: write ISO code, =, the company's code, as in USD=$")
    codes = [own for _, own in _pairs(text)]
    found += [f"currencies: {code} stands for two currencies" for code in {c for c in codes if codes.count(c) > 1}]
    return found


def _pairs(text: str) -> list[tuple[str, str]]:
    parts = [part.partition("=") for part in re.split(r"[,;\s]+", text) if part]
    return [(iso.strip().upper(), own.strip()) for iso, _, own in parts]


def _number(form: Mapping[str, str], name: str) -> int | None:
    text = _given(form, name)
    return int(text) if text else None


def _given(form: Mapping[str, str], name: str) -> str:
    """What stands in a field, or its default."""
    return str(form.get(name) or "").strip() or _DEFAULTS.get(name, "")


_DEFAULTS: Final = {field.name: field.default for field in FIELDS}
