"""Finds the handler of a call: both path forms, any case, keys in b64() (vendors/visma_net.md §2, §5)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Final, TypeAlias

from msgspec import Struct

from ml_connector.sandbox.kit.http import Answer
from ml_connector.sandbox.visma_net.errors import Refused, malformed

Handler: TypeAlias = Callable[..., Answer]
OLD_FORM: Final = "/API/controller/api"
_PREFIX: Final = re.compile(r"/api/controller/api(?=/)|/api/resources(?=/)|/api/controller(?=/)", re.IGNORECASE)
_CODED: Final = re.compile(r"b64\(([A-Za-z0-9_=-]*)\)", re.IGNORECASE)


class Route(Struct, frozen=True):
    """A method and a pattern such as /v1/supplier/{number}."""

    method: str
    pattern: str
    handler: Handler
    parts: tuple[str, ...]


class Router:
    """Patterns with more fixed parts go before those with fewer."""

    def __init__(self) -> None:
        self._routes: dict[tuple[str, int], list[Route]] = {}

    def add(self, method: str, pattern: str, handler: Handler) -> None:
        """`{name}` takes one part of the path and is given to the handler by its name."""
        parts = tuple(part if part.startswith("{") else part.lower() for part in pattern.strip("/").split("/"))
        known = self._routes.setdefault((parts[1] if len(parts) > 1 else "", len(parts)), [])
        known.append(Route(method, pattern, handler, parts))
        known.sort(key=lambda route: [part.startswith("{") for part in route.parts])

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """The route and the path's variables. Raises Refused: 404, 405."""
        parts = _PREFIX.sub("", path, count=1).strip("/").split("/")
        fitting = [route for route in self._routes.get(_place(parts), []) if _fits(route, parts)]
        for route in fitting:
            if route.method == method:
                return route, _variables(route, parts)
        if fitting:
            allowed = ", ".join(sorted({route.method for route in fitting}))
            raise Refused(405, "The requested resource does not support the method.", headers={"Allow": allowed})
        raise Refused(404, f"No HTTP resource was found that matches the request URI '{path}'.")


def _place(parts: list[str]) -> tuple[str, int]:
    return (parts[1].lower() if len(parts) > 1 else "", len(parts))


def _fits(route: Route, parts: list[str]) -> bool:
    return all(
        wanted.startswith("{") or wanted == part.lower() for wanted, part in zip(route.parts, parts, strict=True)
    )


def _variables(route: Route, parts: list[str]) -> dict[str, str]:
    pairs = zip(route.parts, parts, strict=True)
    return {wanted.strip("{}"): _decoded(part) for wanted, part in pairs if wanted.startswith("{")}


def _decoded(part: str) -> str:
    """`b64(…)` holds a key with characters that paths reserve, base64url without padding."""
    match = _CODED.fullmatch(part)
    if match is None:
        return part
    try:
        return base64.urlsafe_b64decode(match[1].rstrip("=") + "=" * (-len(match[1].rstrip("=")) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise malformed("The key in b64() is not base64url.") from None


def add_all(router: Router, routes: list[tuple[str, str, Callable[..., Answer]]]) -> None:
    """Several routes at once."""
    for method, pattern, handler in routes:
        router.add(method, pattern, handler)
