"""The two protocols on one server: /b1s/v1 is OData V3, /b1s/v2 is OData V4 (vendors/sap_b1.md §1)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from ml_connector.sandbox.kit import wire
from ml_connector.sandbox.kit.http import Answer
from ml_connector.sandbox.sap_b1.errors import B1Error

_PAGES = {
    404: "Not Found",
    413: "Request Entity Too Large",
    414: "Request-URI Too Long",
    429: "Too Many Requests",
    502: "Bad Gateway",
    503: "Service Unavailable",
}


class Dialect(Struct, frozen=True):
    """How one protocol version writes things. `one` ends the context of a single record."""

    version: str
    prefix: str
    context_key: str
    content_type: str
    version_header: tuple[str, str]
    one: str

    @property
    def v4(self) -> bool:
        """OData V4."""
        return self.version == "v2"

    def context(self, root: str, fragment: str = "") -> dict[str, str]:
        """The first member of an answer."""
        return {self.context_key: f"{root}/$metadata" + (f"#{fragment}" if fragment else "")}

    def count(self, rows: int) -> dict[str, object]:
        """The total of a list: a number, in V3 as text."""
        return {f"{self.prefix}count": rows if self.v4 else str(rows)}

    def json(self, value: object, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
        """An answer with a body."""
        known = {"Content-Type": self.content_type, **self.marks, **(headers or {})}
        return Answer(status=status, body=wire.encode(value), headers=known)

    def text(self, text: str, content_type: str = "text/plain;charset=utf-8") -> Answer:
        """A bare value, a count or the metadata."""
        return Answer(body=text.encode(), headers={"Content-Type": content_type, **self.marks})

    def nothing(self, headers: dict[str, str] | None = None) -> Answer:
        """204."""
        return Answer(status=204, headers={**self.marks, **(headers or {})})

    def refusal(self, error: B1Error, *, details: bool = False) -> Answer:
        """An error in this version's form. `details`: with the array of newer builds."""
        if error.html:
            return page(error.status)
        return self.json({"error": self._error(error, details=details)}, status=error.status)

    @property
    def marks(self) -> dict[str, str]:
        """The header that tells the version."""
        return dict([self.version_header])

    def _error(self, error: B1Error, *, details: bool) -> dict[str, Any]:
        if self.v4:
            body: dict[str, Any] = {"code": str(error.code), "message": error.text}
            return body | ({"details": [{"code": "", "message": ""}]} if details else {})
        told = {"message": {"lang": "en-us", "value": error.text}}
        inner = {"innererror": {"context": None, "trace": None}} if error.inner else {}
        return {"code": error.code, **inner, **told}


V1 = Dialect(
    version="v1",
    prefix="odata.",
    context_key="odata.metadata",
    content_type="application/json;odata=minimalmetadata;charset=utf-8",
    version_header=("DataServiceVersion", "3.0"),
    one="@Element",
)
V2 = Dialect(
    version="v2",
    prefix="@odata.",
    context_key="@odata.context",
    content_type="application/json;odata.metadata=minimal;charset=utf-8",
    version_header=("OData-Version", "4.0"),
    one="$entity",
)
DIALECTS = {dialect.version: dialect for dialect in (V1, V2)}


def page(status: int) -> Answer:
    """What the web server in front says by itself, as a page."""
    title = f"{status} {_PAGES[status]}"
    body = f"<!DOCTYPE HTML><html><head><title>{title}</title></head><body><h1>{_PAGES[status]}</h1></body></html>"
    return Answer(status=status, body=body.encode(), headers={"Content-Type": "text/html; charset=iso-8859-1"})
