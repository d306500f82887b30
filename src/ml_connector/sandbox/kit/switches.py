"""Named settings of a vendor's sandbox, each with a default and a meaning."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

Value: TypeAlias = bool | int | str | None


class Switch(Struct, frozen=True):
    """`default` also fixes the kind of value (None: a whole number or null); `choices` limits texts."""

    name: str
    default: Value
    meaning: str
    choices: tuple[str, ...] = ()


class BadSwitch(ValueError):
    """An unknown name or a value of the wrong kind; the text says what is allowed."""


class Switches:
    """The present values."""

    def __init__(self, known: tuple[Switch, ...]) -> None:
        self._known = {switch.name: switch for switch in known}
        self._values: dict[str, Value] = {}
        self.reset()

    def __getitem__(self, name: str) -> Value:
        return self._values[name]

    def on(self, name: str) -> bool:
        """A switch that is on or off."""
        return self._values[name] is True

    def number(self, name: str) -> int:
        value = self._values[name]
        if not isinstance(value, int):
            raise TypeError(f"switch {name} holds {value!r}, no number")
        return value

    def reset(self) -> None:
        self._values = {switch.name: switch.default for switch in self._known.values()}

    def values(self) -> dict[str, object]:
        """All of them, by name."""
        return dict(self._values)

    def set(self, wanted: dict[str, object]) -> None:
        """All or nothing. Raises BadSwitch."""
        for name, value in wanted.items():
            self._check(name, value)
        self._values.update(wanted)  # type: ignore[arg-type]

    def listed(self) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = []
        for switch in self._known.values():
            row = {"name": switch.name, "value": self._values[switch.name], "default": switch.default}
            rows.append({**row, "meaning": switch.meaning} | ({"choices": switch.choices} if switch.choices else {}))
        return rows

    def _check(self, name: str, value: object) -> None:
        switch = self._known.get(name)
        if switch is None:
            raise BadSwitch(f"no switch {name!r}; there are: {', '.join(self._known) or 'none'}")
        if switch.choices and value not in switch.choices:
            raise BadSwitch(f"switch {name} takes one of: {', '.join(switch.choices)}")
        if switch.default is None:
            if value is not None and type(value) is not int:
                raise BadSwitch(f"switch {name} takes a whole number or null")
        elif type(value) is not type(switch.default):
            raise BadSwitch(f"switch {name} takes a value like {switch.default!r}, not {value!r}")
