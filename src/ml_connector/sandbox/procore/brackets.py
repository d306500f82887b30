"""Rails' bracket keys: `direct_cost[line_items][][amount]=1` as nested objects and lists."""

from __future__ import annotations

import re
from typing import Any

_PART = re.compile(r"\[([^\]]*)\]")


def nested(fields: list[tuple[str, str]]) -> dict[str, Any]:
    """A repeated member of `[]` starts the next element, as Rails reads it."""
    result: dict[str, Any] = {}
    for name, value in fields:
        first = name.split("[", 1)[0]
        _put(result, [first, *_PART.findall(name)], value)
    return result


def _put(target: dict[str, Any], path: list[str], value: str) -> None:
    name, *rest = path
    if not rest:
        target[name] = value
    elif rest[0] == "":
        elements = target.setdefault(name, [])
        if isinstance(elements, list):
            _append(elements, rest[1:], value)
    else:
        inner = target.setdefault(name, {})
        if isinstance(inner, dict):
            _put(inner, rest, value)


def _append(elements: list[Any], path: list[str], value: str) -> None:
    if not path:
        elements.append(value)
        return
    last = elements[-1] if elements else None
    if not isinstance(last, dict) or (len(path) == 1 and path[0] in last):
        last = {}
        elements.append(last)
    _put(last, path, value)
