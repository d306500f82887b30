"""The type of the resource modules' route tables."""

from __future__ import annotations

from collections.abc import Callable

from ml_connector.sandbox.kit.http import Answer
from ml_connector.sandbox.procore.request import Request

Handler = Callable[[Request], Answer]
RouteTable = list[tuple[str, str, Handler]]
"""Method, path pattern, handler."""
