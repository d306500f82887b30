"""The endpoint's description: OpenAPI 3.0.1, or Swagger 2.0 for the old versions (vendors/acumatica.md §2)."""

from __future__ import annotations

from typing import Any

from ml_connector.sandbox.acumatica.contract import FORMS, Kind, kinds
from ml_connector.sandbox.acumatica.contract.kinds import WIRE_TYPES
from ml_connector.sandbox.acumatica.entities.registry import RULES

_JSON_TYPES: dict[str, dict[str, str]] = {
    "StringValue": {"type": "string"},
    "BooleanValue": {"type": "boolean"},
    "IntValue": {"type": "integer", "format": "int32"},
    "ShortValue": {"type": "integer", "format": "int32"},
    "LongValue": {"type": "integer", "format": "int64"},
    "DecimalValue": {"type": "number", "format": "double"},
    "GuidValue": {"type": "string", "format": "uuid"},
    "DateTimeValue": {"type": "string", "format": "date-time"},
}
_QUERY = ("$select", "$filter", "$expand", "$custom")


def document(name: str, version: str, number: int, root: str) -> dict[str, Any]:
    """The description of one endpoint version; `root` is its host-relative base."""
    old = number < 24
    prefix = "#/definitions/" if old else "#/components/schemas/"
    found = kinds(number)
    schemas = _wrappers() | {kind.name: _schema(kind, prefix) for kind in found.values()}
    paths: dict[str, Any] = {}
    for entity in FORMS:
        paths |= _paths(found[entity], prefix, old=old)
    info = {"title": f"{name}/{version}", "version": "4"}
    if old:
        return {"swagger": "2.0", "info": info, "basePath": root, "paths": paths, "definitions": schemas}
    return {
        "openapi": "3.0.1",
        "info": info,
        "servers": [{"url": root}],
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _wrappers() -> dict[str, Any]:
    error = {"error": {"type": "string"}}
    wrapped = {name: {"type": "object", "properties": {"value": shape} | error} for name, shape in _JSON_TYPES.items()}
    text = {"type": "string"}
    http_error = dict.fromkeys(("message", "exceptionMessage", "exceptionType", "stackTrace"), text)
    return wrapped | {"HttpError": {"type": "object", "properties": http_error}}


def _schema(kind: Kind, prefix: str) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "id": {"type": "string", "format": "uuid"},
        "rowNumber": {"type": "integer", "format": "int64"},
        "note": {"$ref": f"{prefix}StringValue"},
        "custom": {"type": "object", "additionalProperties": {"type": "object"}},
        "error": {"type": "string"},
    }
    properties |= {name: {"$ref": prefix + WIRE_TYPES[word]} for name, word in kind.fields.items()}
    properties |= {name: {"$ref": prefix + target} for name, target in kind.linked.items()}
    properties |= {name: {"type": "array", "items": {"$ref": prefix + target}} for name, target in kind.details.items()}
    return {"type": "object", "properties": properties}


def _paths(kind: Kind, prefix: str, *, old: bool) -> dict[str, Any]:
    entity, tag = f"/{kind.name}", [kind.name]
    ref = {"$ref": prefix + kind.name}

    def operation(name: str, status: str, schema: dict[str, Any] | None, parameters: tuple[str, ...]) -> dict[str, Any]:
        answer: dict[str, Any] = {"description": "The record." if schema else "Done."}
        if schema is not None:
            answer |= {"schema": schema} if old else {"content": {"application/json": {"schema": schema}}}
        return {
            "tags": tag,
            "operationId": f"{kind.name}_{name}",
            "parameters": [_parameter(parameter, old=old) for parameter in parameters],
            "responses": {status: answer},
        }

    many = {"type": "array", "items": ref}
    paths: dict[str, Any] = {
        entity: {
            "get": operation("GetList", "200", many, (*_QUERY, "$skip", "$top")),
            "put": _with_body(operation("PutEntity", "200", ref, _QUERY), ref, old=old),
        },
        f"{entity}/{{ids}}": {
            "get": operation("GetByKeys", "200", ref, ("ids", *_QUERY)),
            "delete": operation("DeleteByKeys", "204", None, ("ids",)),
        },
        f"{entity}/$adHocSchema": {"get": operation("GetAdHocSchema", "200", ref, ())},
    }
    for action in kind.actions:
        body = {"type": "object", "required": ["entity"], "properties": {"entity": ref} | _action(kind, action, prefix)}
        paths[f"{entity}/{action}"] = {
            "post": _with_body(operation(f"InvokeAction_{action}", "204", None, ()), body, old=old)
        }
    return paths


def _action(kind: Kind, action: str, prefix: str) -> dict[str, Any]:
    words = RULES[kind.name].actions[action].parameters
    if not words:
        return {}
    properties = {name: {"$ref": prefix + WIRE_TYPES[word]} for name, word in words.items()}
    return {"parameters": {"type": "object", "properties": properties}}


def _parameter(name: str, *, old: bool) -> dict[str, Any]:
    place = "path" if name == "ids" else "query"
    shape = {"type": "integer", "format": "int32"} if name in ("$skip", "$top") else {"type": "string"}
    known = {"name": name, "in": place, "required": place == "path"}
    return known | (shape if old else {"schema": shape})


def _with_body(operation: dict[str, Any], schema: dict[str, Any], *, old: bool) -> dict[str, Any]:
    if old:
        body = {"name": "entity", "in": "body", "required": True, "schema": schema}
        return operation | {"parameters": [*operation["parameters"], body]}
    return operation | {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
