"""Finds the handler of a method and path, and names the pattern that matched."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Generic, TypeVar

from ml_connector.sandbox.kit.http import Call

H = TypeVar("H", bound=Callable[..., object])
_VARIABLE = re.compile(r"\{(\w+)(:int)?\}")


class NoSuchPath(Exception):
    """No pattern fits the path."""


class NoSuchMethod(Exception):
    """The path exists, but not with this method; `allowed` are the ones it has."""

    def __init__(self, allowed: list[str]) -> None:
        super().__init__(", ".join(allowed))
        self.allowed = allowed


class Routes(Generic[H]):
    """Patterns such as `/rest/v1.0/vendors/{id:int}`; `{name}` takes one path segment, `{name:int}` digits only.

    Patterns are tried in the order of their adding, so that a fixed path goes before one with a variable.
    """

    def __init__(self) -> None:
        self._routes: list[tuple[re.Pattern[str], str, dict[str, H]]] = []

    def add(self, method: str, pattern: str, handler: H) -> None:
        for _, known, methods in self._routes:
            if known == pattern:
                methods[method] = handler
                return
        self._routes.append((_compiled(pattern), pattern, {method: handler}))

    def find(self, call: Call) -> tuple[H, dict[str, str]]:
        """The handler and the path's variables; sets `call.pattern`. Raises NoSuchPath, NoSuchMethod."""
        path = call.path.rstrip("/") or "/"
        allowed: list[str] = []
        for regex, pattern, methods in self._routes:
            match = regex.fullmatch(path)
            if match is None:
                continue
            call.pattern = pattern.replace(":int}", "}")
            if call.method in methods:
                return methods[call.method], match.groupdict()
            allowed += methods
        if allowed:
            raise NoSuchMethod(sorted(allowed))
        raise NoSuchPath(path)


def _compiled(pattern: str) -> re.Pattern[str]:
    regex, end = "", 0
    for variable in _VARIABLE.finditer(pattern):
        regex += re.escape(pattern[end : variable.start()])
        regex += f"(?P<{variable[1]}>{r'[0-9]+' if variable[2] else '[^/]+'})"
        end = variable.end()
    return re.compile(regex + re.escape(pattern[end:]))
