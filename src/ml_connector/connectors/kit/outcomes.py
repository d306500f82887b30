"""What became of one record's part of a vendor call."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any

from msgspec import Struct, field


class Cause(StrEnum):
    """Why a record waits for a person; the same words in code, console and docs."""

    PERIOD_CLOSED = "period_closed"
    VENDOR_INACTIVE = "vendor_inactive"
    WAITS_FOR_APPROVAL = "waits_for_approval"
    KEYED_BY_HAND = "keyed_by_hand"
    STORED_DIFFERENTLY = "stored_differently"
    NOT_SEARCHABLE = "not_searchable"
    CHANGED_THERE = "changed_there"
    NOT_PERMITTED = "not_permitted"
    PAID_THERE = "paid_there"
    LOCKED_THERE = "locked_there"
    VENDOR_NOT_USABLE = "vendor_not_usable"
    ACCOUNT_NOT_USABLE = "account_not_usable"
    CENTER_NOT_USABLE = "center_not_usable"
    CODE_NOT_USABLE = "code_not_usable"
    PROJECT_NOT_USABLE = "project_not_usable"
    CURRENCY_NOT_KNOWN = "currency_not_known"
    PRECISION = "precision"
    UNBALANCED = "unbalanced"
    REFUSED = "refused"


class Done(Struct, frozen=True, kw_only=True):
    """The step is done. `key` and `number` name the target's document; `stored` is what it holds, if the answer says.

    `stored` is of the same kind as the item's document. `memo` is kept and handed to later steps; `answer` is the
    vendor's answer, masked, for the audit trail.
    """

    key: str = ""
    number: str = ""
    stored: Any = None
    memo: dict[str, str] = field(default_factory=dict)
    answer: str = ""


class Waiting(Struct, frozen=True, kw_only=True):
    """The vendor works on it; ask again after `after`. `memo` says how (an address, a request id)."""

    after: timedelta
    memo: dict[str, str] = field(default_factory=dict)
    answer: str = ""


class Held(Struct, frozen=True, kw_only=True):
    """A person must act; `message` says how. `look_after`: look again by itself after that time."""

    cause: str
    message: str
    look_after: timedelta | None = None
    key: str = ""
    number: str = ""
    answer: str = ""


class Refused(Struct, frozen=True, kw_only=True):
    """The vendor said no for good, in its own words."""

    message: str
    answer: str = ""


class NotRun(Struct, frozen=True, kw_only=True):
    """This row of a bulk call was never processed (it stood behind a failed part)."""


class Absent(Struct, frozen=True, kw_only=True):
    """A look-up's answer: the vendor does not have it, so the step may be sent (again)."""


Outcome = Done | Waiting | Held | Refused | NotRun
Finding = Done | Waiting | Held | Absent
