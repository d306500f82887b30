"""What can go wrong with a vendor call, named by what follows from it.

VendorError
├── BrokenConnection      stops the connection's flows once, until a person acts
│   ├── BadCredentials    a secret, user, tenant or grant is refused
│   └── BadConfiguration  an address, endpoint version or company is wrong
├── NotPermitted          403 on one thing (a project, a screen): that thing waits for a person
├── NotFound              the record, project or page is not there (or not visible)
├── TryLater              nothing was done; the same call may be sent again after `after` seconds
│   └── RateLimited       the vendor or our own budget says wait
├── AnswerLost            a write may or may not have been done: look it up, never send it again blindly
├── Refusal               the vendor understood and said no; `cause` says what would help
└── Unreadable            an answer that cannot be understood (and was not a write)
"""

from __future__ import annotations

from datetime import timedelta


class VendorError(Exception):
    """Base of all. `message` is for a person: what happened and what to do next; it holds no secret."""

    def __init__(self, message: str, *, operation: str = "", status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.operation = operation
        self.status = status


class BrokenConnection(VendorError):
    """Nothing more will work on this connection until a person changes something."""


class BadCredentials(BrokenConnection):
    """A secret, user, tenant or grant is refused, also after one renewal of the token."""


class BadConfiguration(BrokenConnection):
    """The address, endpoint version or company of the connection is wrong."""


class NotPermitted(VendorError):
    """The vendor forbids this one thing to our user."""


class NotFound(VendorError):
    """The thing is not there, or not visible to our user."""


class TryLater(VendorError):
    """Certain that nothing was done. `after`: how long to wait before the same call, where the vendor says."""

    def __init__(
        self, message: str, *, after: timedelta | None = None, operation: str = "", status: int | None = None
    ) -> None:
        super().__init__(message, operation=operation, status=status)
        self.after = after


class RateLimited(TryLater):
    """The vendor's limit, or our own budget below it, is used up."""


class AnswerLost(VendorError):
    """A write was sent and its answer did not arrive whole: it may have been done."""


class Refusal(VendorError):
    """The vendor understood the call and refused it.

    `cause` is one of the hold causes in `kit.outcomes.Cause`, or `refused` when nothing better is known.
    """

    def __init__(self, message: str, *, cause: str = "refused", operation: str = "", status: int | None = None) -> None:
        super().__init__(message, operation=operation, status=status)
        self.cause = cause


class Unreadable(VendorError):
    """An answer to a read that is no valid JSON, an HTML page, or lacks what it must hold."""
