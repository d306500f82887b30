"""What a vendor's sandbox must provide to be served, faulted, timed and looked into."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from msgspec import Struct

from ml_connector.sandbox.kit.books import Book
from ml_connector.sandbox.kit.clock import SandboxClock
from ml_connector.sandbox.kit.deliveries import Deliveries, Retries
from ml_connector.sandbox.kit.http import Answer, Call
from ml_connector.sandbox.kit.switches import Switch, Switches
from ml_connector.sandbox.month.facts import Month


class Options(Struct, frozen=True, kw_only=True):
    """How the process was started. `token_seconds` None: the vendor's own token life."""

    rate_limits: bool = True
    token_seconds: int | None = None


class Entities(Mapping[str, list[Any]]):
    """What is stored, by entity; each is brought into the vendor's wire form when it is asked for."""

    def __init__(self, wires: Mapping[str, Callable[[], list[Any]]]) -> None:
        self._wires = wires

    def __getitem__(self, name: str) -> list[Any]:
        return self._wires[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._wires)

    def __len__(self) -> int:
        return len(self._wires)


class ActRefused(Exception):
    """What a person wanted to do is not possible; the text says why. Answered with 409."""


class Act(Struct, frozen=True):
    """Something that a person does in the vendor's screens.

    `fields` names what `do` reads and says what it means; a name that ends in `?` is optional.
    """

    meaning: str
    fields: dict[str, str]
    do: Callable[[dict[str, Any]], object]


class Vendor(ABC):
    """One vendor's system, in memory. All methods run in the event loop and must not block."""

    name: ClassVar[str]
    listeners: ClassVar[tuple[str, ...]] = ("",)
    """Names of the ports this vendor answers on; one unnamed port for most."""
    known_switches: ClassVar[tuple[Switch, ...]] = ()

    def __init__(self, clock: SandboxClock, options: Options) -> None:
        self.clock = clock
        self.options = options
        self.switches = Switches(self.known_switches)
        self.deliveries = Deliveries(clock, self.retries())

    @abstractmethod
    def load(self, month: Month) -> None:
        """Forget everything (data, tokens, sessions, windows, subscriptions) and hold the month's facts."""

    @abstractmethod
    def answer(self, call: Call) -> Answer:
        """Serve a call of the vendor's API. An exception is a defect of the sandbox and becomes a 500."""

    def note(self, call: Call) -> None:  # noqa: B027  most vendors name a call while serving it
        """Set `pattern` and `session` of a call that a fault may keep from being served."""

    @abstractmethod
    def ready(self, urls: dict[str, str]) -> dict[str, Any]:
        """The ready-file entry without `control_url`; `urls` are those of the listeners by name."""

    @abstractmethod
    def expire_token(self, call: Call) -> None:
        """Let the token or session that the call carries be expired."""

    @abstractmethod
    def rate_limited(self, call: Call, retry_after: int | None) -> Answer:
        """The vendor's refusal of a call over the limit; None: without a Retry-After header."""

    @abstractmethod
    def state(self) -> Mapping[str, list[Any]]:
        """Every stored object in the vendor's own wire form, by entity."""

    @abstractmethod
    def books(self) -> list[Book]:
        """The documents, in any order."""

    @abstractmethod
    def sessions(self) -> list[dict[str, Any]]:
        """Open sessions and tokens."""

    def acts(self) -> dict[str, Act]:
        """What people can do, by action name."""
        return {}

    def retries(self) -> Retries:
        """How the vendor repeats webhook deliveries that were not taken."""
        return Retries()
