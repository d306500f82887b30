"""Serves requests below the service root: entity sets, their records, actions, services (vendors/sap_b1.md §4)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, quote

from ml_connector.sandbox.kit.http import Answer
from ml_connector.sandbox.kit.switches import Switches
from ml_connector.sandbox.sap_b1 import etags, metadata
from ml_connector.sandbox.sap_b1.addresses import Segment, address, arguments, key_of, segments
from ml_connector.sandbox.sap_b1.edm import EntityType, Key, Property, Row
from ml_connector.sandbox.sap_b1.entity import Company, EntitySet, Service
from ml_connector.sandbox.sap_b1.errors import (
    B1Error,
    no_matching_records,
    not_permitted,
    not_supported_action,
    service_not_found,
    unknown_in_query,
    unrecognized_path,
)
from ml_connector.sandbox.sap_b1.odata import apply, crossjoin, listing, options
from ml_connector.sandbox.sap_b1.odata.fields import EntityFields
from ml_connector.sandbox.sap_b1.odata.options import Expansion, Options
from ml_connector.sandbox.sap_b1.request import Request
from ml_connector.sandbox.sap_b1.schema import Schema
from ml_connector.sandbox.sap_b1.values import decoded, encoded, value_of

_QUERY_SERVICE = "QueryService_PostQuery"
_QUERY = EntityType(_QUERY_SERVICE, (Property("QueryPath"), Property("QueryOption")))


class Resources:
    """Lives for one request. `serve` raises B1Error."""

    def __init__(self, company: Company, switches: Switches, request: Request) -> None:
        self._company = company
        self._switches = switches
        self._request = request
        self._dialect = request.dialect
        self._schema = Schema(company.user_fields)
        self._sets = entity_sets(company)

    def serve(self) -> Answer:
        """The answer to the request."""
        path = self._request.path.strip("/")
        if path.startswith("$crossjoin("):
            self._only("GET")
            return self._crossjoin(path, self._request.options)
        if path in ("", "$metadata"):
            self._only("GET")
            return self._document() if path == "" else self._metadata()
        first, *rest = segments(path)
        if first.name in self._sets:
            return self._of_set(self._sets[first.name], first, rest)
        if first.name == _QUERY_SERVICE and not rest:
            self._only("POST")
            return self._post_query()
        if first.name in self._company.services and not rest:
            return self._service(first, self._company.services[first.name])
        raise service_not_found() if "_" in first.name else unrecognized_path()

    # the service

    def _document(self) -> Answer:
        listed = [{"name": name, "kind": "EntitySet", "url": name} for name in sorted(self._sets)]
        return self._dialect.json({**self._dialect.context(self._request.root), "value": listed})

    def _metadata(self) -> Answer:
        text = metadata.document(self._sets, self._company.services, self._schema, self._dialect)
        return self._dialect.text(text, "application/xml;charset=utf-8")

    def _service(self, first: Segment, service: Service) -> Answer:
        """By POST with the parameters as body; in V4 also by GET, with the parameters in parentheses."""
        match self._request.method:
            case "POST":
                sent = self._request.json()
            case "GET" if service.readable and self._dialect.v4:
                sent = arguments(first.key or "")
            case _:
                raise not_supported_action()
        self._permit(first.name, writes=not service.readable)
        result = service.call(decoded(self._schema, EntityType(first.name, service.takes), sent))
        if service.gives is None:
            return self._dialect.nothing()
        return self._dialect.json(self._given(service, result))

    def _given(self, service: Service, result: Any) -> Any:
        """V3 writes a single value bare."""
        gives, root = service.gives, self._request.root
        if isinstance(gives, EntityType):
            name = f"Collection(SAPB1.{gives.name})" if service.many else f"SAPB1.{gives.name}"
            if service.many:
                shown: Any = {"value": [self._record(gives, row) for row in result]}
            else:
                shown = self._record(gives, result)
            return {**self._dialect.context(root, name), **shown}
        assert gives is not None
        known = Property("value", gives)
        shown = value_of(self._schema, known, result, self._dialect)
        if not self._dialect.v4:
            return shown
        return {**self._dialect.context(root, metadata.primitive(gives, self._dialect)), "value": shown}

    def _post_query(self) -> Answer:
        wanted = decoded(self._schema, _QUERY, self._request.json())
        given = dict(parse_qsl(wanted.get("QueryOption") or "", keep_blank_values=True))
        return self._crossjoin(wanted.get("QueryPath") or "", given)

    def _crossjoin(self, path: str, given: dict[str, str]) -> Answer:
        body = crossjoin.answered(self._request, path, given, self._sets, self._schema, self._switches)
        answer = self._dialect.json(body)
        answer.headers["Content-Type"] = "text/plain;charset=utf-8"
        return answer

    # entity sets

    def _of_set(self, found: EntitySet, first: Segment, rest: list[Segment]) -> Answer:
        self._permit(found.name, writes=self._request.method != "GET")
        if first.key is not None:
            return self._of_record(found, key_of(found.type, first.key), rest)
        match (self._request.method, [one.name for one in rest]):
            case ("GET", []):
                return self._list(found)
            case ("POST", []):
                return self._create(found)
            case ("GET", ["$count"]):
                return self._dialect.text(str(len(self._counted(found))))
            case (_, []):
                raise not_supported_action()
        raise unrecognized_path()

    def _of_record(self, found: EntitySet, key: Key, rest: list[Segment]) -> Answer:
        match (self._request.method, [one.name for one in rest]):
            case ("GET", []):
                return self._get(found, key)
            case ("PATCH" | "PUT" as verb, []):
                self._check_version(found, key)
                body = decoded(self._schema, found.type, self._request.json())
                replace = self._request.flag("b1s-replacecollectionsonpatch")
                found.update(key, body, whole=verb == "PUT", replace_collections=replace)
                return self._dialect.nothing()
            case ("DELETE", []):
                self._check_version(found, key)
                found.delete(key)
                return self._dialect.nothing()
            case ("POST", [action]):
                return self._act(found, key, action)
            case ("GET", [name]):
                return self._property(found, key, name)
            case ("GET", [name, "$value"]):
                return self._raw(found, key, name)
            case (_, []):
                raise not_supported_action()
        raise unrecognized_path()

    def _check_version(self, found: EntitySet, key: Key) -> None:
        etags.check(found.type, found.get(key), self._request.headers.get("if-match"))

    def _get(self, found: EntitySet, key: Key) -> Answer:
        wanted = options.of_one(self._request)
        self._check(found, wanted)
        row = found.get(key)
        tag = etags.etag_of(found.type, row)
        body = self._one(found, self._shown(found, row, wanted), tag)
        if wanted.select is None or tag is None:
            return self._dialect.json(body, headers={} if tag is None else {"ETag": tag})
        # With $select the version is not read: the body has the first one's tag, the header none.
        body[self._tag_key] = etags.etag(1)
        return self._dialect.json(body)

    def _create(self, found: EntitySet) -> Answer:
        row = found.create(decoded(self._schema, found.type, self._request.json()))
        location = f"{self._request.root}/{quote(address(found.name, found.type, row), safe=_ADDRESS)}"
        if "return-no-content" in self._request.preferences:
            return self._dialect.nothing({"Location": location, "Preference-Applied": "return-no-content"})
        tag = etags.etag_of(found.type, row)
        headers = {"Location": location} | ({} if tag is None else {"ETag": tag})
        return self._dialect.json(self._one(found, self._record(found.type, row), tag), 201, headers)

    def _act(self, found: EntitySet, key: Key, name: str) -> Answer:
        action = found.actions.get(name)
        if action is None:
            raise unrecognized_path()
        self._check_version(found, key)
        row = action(key, self._request.json())
        if row is None:
            return self._dialect.nothing()
        tag = etags.etag_of(found.type, row)
        return self._dialect.json(self._one(found, self._record(found.type, row), tag))

    def _property(self, found: EntitySet, key: Key, name: str) -> Answer:
        known = self._schema.require(found.type, name)
        value = value_of(self._schema, known, found.get(key).get(name), self._dialect)
        return self._dialect.json({f"{self._dialect.prefix}null": True} if value is None else {"value": value})

    def _raw(self, found: EntitySet, key: Key, name: str) -> Answer:
        known = self._schema.require(found.type, name)
        value = value_of(self._schema, known, found.get(key).get(name), self._dialect)
        if value is None or isinstance(value, list | dict):
            raise no_matching_records()
        return self._dialect.text(str(value))

    # lists

    def _counted(self, found: EntitySet) -> list[Row]:
        wanted = options.of_list(self._request, 0)
        return self._filtered(found, wanted)

    def _filtered(self, found: EntitySet, wanted: Options) -> list[Row]:
        return listing.filtered(found.rows(), wanted.filter, self._fields(found), exact=self._exact)

    def _fields(self, found: EntitySet) -> EntityFields:
        return EntityFields(self._schema, found.type, found.name)

    @property
    def _exact(self) -> bool:
        return listing.exact(self._request, self._switches)

    def _list(self, found: EntitySet) -> Answer:
        wanted = options.of_list(self._request, self._switches.number("page_size"))
        rows = self._filtered(found, wanted)
        if wanted.apply:
            return self._applied(found, rows, wanted)
        self._check(found, wanted)
        body: dict[str, Any] = self._dialect.context(self._request.root, found.name)
        body |= self._dialect.count(len(rows)) if wanted.counted else {}
        page, more = listing.cut(listing.ordered(rows, wanted.order, self._fields(found)), wanted.window)
        body["value"] = [self._tagged(found, row, wanted) for row in page]
        body |= listing.next_link(self._request, wanted.window, self._switches) if more else {}
        return self._dialect.json(body, headers=self._paged())

    def _applied(self, found: EntitySet, rows: list[Row], wanted: Options) -> Answer:
        result = apply.applied(rows, wanted.apply, self._fields(found), exact=self._exact)
        shown = [
            {f"{self._dialect.prefix}id": None}
            | {one.name: value_of(self._schema, one, row[one.name], self._dialect) for one in result.properties}
            for row in result.rows
        ]
        fragment = f"{found.name}({','.join(one.name for one in result.properties)})"
        return self._dialect.json({**self._dialect.context(self._request.root, fragment), "value": shown})

    def _paged(self) -> dict[str, str]:
        size = self._request.preferences.get("odata.maxpagesize", "")
        return {"Preference-Applied": f"odata.maxpagesize={size}"} if size.isdigit() else {}

    def _tagged(self, found: EntitySet, row: Row, wanted: Options) -> dict[str, Any]:
        tag = etags.etag_of(found.type, row)
        return ({} if tag is None else {self._tag_key: tag}) | self._shown(found, row, wanted)

    # records as they are shown

    @property
    def _tag_key(self) -> str:
        return f"{self._dialect.prefix}etag"

    def _one(self, found: EntitySet, shown: dict[str, Any], tag: str | None) -> dict[str, Any]:
        context = self._dialect.context(self._request.root, f"{found.name}/{self._dialect.one}")
        return {**context, **({} if tag is None else {self._tag_key: tag}), **shown}

    def _record(self, type_: EntityType, row: Row) -> dict[str, Any]:
        return encoded(self._schema, type_, row, self._dialect)

    def _shown(self, found: EntitySet, row: Row, wanted: Options) -> dict[str, Any]:
        shown = encoded(self._schema, found.type, row, self._dialect, wanted.select)
        return shown | {one.name: self._behind(found, row, one) for one in wanted.expand}

    def _check(self, found: EntitySet, wanted: Options) -> None:
        for name in wanted.select or ():
            self._schema.require(found.type, name)
        for one in wanted.expand:
            target = self._target(found, one)[0]
            for name in one.select:
                self._schema.require(target.type, name)

    def _target(self, found: EntitySet, expansion: Expansion) -> tuple[EntitySet, str]:
        for one in found.type.navigations:
            if one.name == expansion.name and one.entity_set in self._sets:
                return self._sets[one.entity_set], one.by
        raise unknown_in_query(expansion.name)

    def _behind(self, found: EntitySet, row: Row, expansion: Expansion) -> dict[str, Any] | None:
        target, by = self._target(found, expansion)
        if row.get(by) is None:
            return None
        try:
            other = target.get(row[by])
        except B1Error as error:
            if error.code == no_matching_records().code:
                return None
            raise
        return encoded(self._schema, target.type, other, self._dialect, expansion.select or None)

    def _only(self, verb: str) -> None:
        if self._request.method != verb:
            raise not_supported_action()

    def _permit(self, name: str, *, writes: bool) -> None:
        right = self._request.user.permissions.get(name, "full")
        if right == "none" or (right == "read" and writes):
            raise not_permitted()


_ADDRESS = "()',="


def entity_sets(company: Company) -> dict[str, EntitySet]:
    """The company's and UserFieldsMD."""
    return {**company.entity_sets, company.user_fields.name: company.user_fields}
