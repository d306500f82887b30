"""$metadata: the declared types and the user fields as EDMX, for V3 and V4 (vendors/sap_b1.md §1, §8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.sax.saxutils import quoteattr

from ml_connector.sandbox.sap_b1.dialect import Dialect
from ml_connector.sandbox.sap_b1.edm import EntityType, Enum, Kind, Property
from ml_connector.sandbox.sap_b1.entity import EntitySet, Service
from ml_connector.sandbox.sap_b1.schema import Schema

_PRIMITIVES: dict[Kind, tuple[str, str]] = {
    "string": ("Edm.String", "Edm.String"),
    "int": ("Edm.Int32", "Edm.Int32"),
    "number": ("Edm.Double", "Edm.Double"),
    "date": ("Edm.DateTime", "Edm.DateTimeOffset"),
    "time": ("Edm.Time", "Edm.TimeOfDay"),
}
"""In V3 and in V4."""
_V3_NAMESPACES = {
    "xmlns:edmx": "http://schemas.microsoft.com/ado/2007/06/edmx",
    "xmlns:m": "http://schemas.microsoft.com/ado/2007/08/dataservices/metadata",
    "xmlns": "http://schemas.microsoft.com/ado/2009/11/edm",
}
_V4_NAMESPACES = {
    "xmlns:edmx": "http://docs.oasis-open.org/odata/ns/edmx",
    "xmlns": "http://docs.oasis-open.org/odata/ns/edm",
}
_CONCURRENCY = "Org.OData.Core.V1.OptimisticConcurrency"


def primitive(kind: Kind, dialect: Dialect) -> str:
    """The name of a kind without structure."""
    return _PRIMITIVES[kind][dialect.v4]


def document(sets: Mapping[str, EntitySet], services: Mapping[str, Service], schema: Schema, dialect: Dialect) -> str:
    """The whole document; types that are used twice appear once."""
    return _Document(sets, services, schema, dialect).text()


class _Document:
    def __init__(
        self, sets: Mapping[str, EntitySet], services: Mapping[str, Service], schema: Schema, dialect: Dialect
    ) -> None:
        self._sets = sets
        self._services = services
        self._schema = schema
        self._dialect = dialect
        self._entities = {one.type.name: one.type for one in sets.values()}
        self._complex: dict[str, EntityType] = {}
        self._enums: dict[str, Enum] = {}
        for type_ in self._entities.values():
            self._gather(schema.properties(type_).values())
        for service in services.values():
            self._gather(service.takes)
            if isinstance(service.gives, EntityType):
                self._gather([Property("given", "complex", type=service.gives)])

    def text(self) -> str:
        inner = [
            *(self._enum(one) for one in self._enums.values()),
            *(self._type("ComplexType", one) for one in self._complex.values()),
            *(self._type("EntityType", one) for one in self._entities.values()),
            *(self._operations() if self._dialect.v4 else ()),
            self._container(),
        ]
        schema = _element("Schema", {"Namespace": "SAPB1"}, inner)
        if self._dialect.v4:
            services = _element("edmx:DataServices", {}, [schema])
            whole = _element("edmx:Edmx", {"Version": "4.0", **_V4_NAMESPACES}, [services])
        else:
            versions = {"m:DataServiceVersion": "3.0", "m:MaxDataServiceVersion": "3.0"}
            services = _element("edmx:DataServices", versions, [schema])
            whole = _element("edmx:Edmx", {"Version": "1.0", **_V3_NAMESPACES}, [services])
        return f'<?xml version="1.0" encoding="UTF-8"?>{whole}'

    def _gather(self, properties: Iterable[Property]) -> None:
        for one in properties:
            if one.enum is not None:
                self._enums[one.enum.name] = one.enum
            if one.type is not None and one.type.name not in self._complex and one.type.name not in self._entities:
                self._complex[one.type.name] = one.type
                self._gather(self._schema.properties(one.type).values())

    def _enum(self, enum: Enum) -> str:
        return _element(
            "EnumType",
            {"Name": enum.name},
            [_element("Member", {"Name": name, "Value": value}) for name, value in enum.members.items()],
        )

    def _type(self, tag: str, type_: EntityType) -> str:
        key = [_element("Key", {}, [_element("PropertyRef", {"Name": name}) for name in type_.keys])]
        properties = [self._property(one, type_) for one in self._schema.properties(type_).values()]
        return _element(tag, {"Name": type_.name}, [*(key if tag == "EntityType" and type_.keys else ()), *properties])

    def _property(self, known: Property, type_: EntityType) -> str:
        wanted = {"Name": known.name, "Type": self._named(known)}
        if known.name in type_.keys:
            wanted["Nullable"] = "false"
        if known.kind == "string" and known.size is not None:
            wanted["MaxLength"] = str(known.size)
        if type_.etag and known.name == "DataVersion" and not self._dialect.v4:
            wanted["ConcurrencyMode"] = "Fixed"
        return _element("Property", wanted)

    def _named(self, known: Property) -> str:
        if known.type is not None:
            return f"Collection(SAPB1.{known.type.name})" if known.kind == "collection" else f"SAPB1.{known.type.name}"
        return f"SAPB1.{known.enum.name}" if known.enum is not None else primitive(known.kind, self._dialect)

    def _container(self) -> str:
        inner = [self._entity_set(one) for one in self._sets.values()]
        if self._dialect.v4:
            inner += [
                _element("ActionImport", {"Name": name, "Action": f"SAPB1.{name}"}) for name in sorted(self._services)
            ]
        else:
            inner += self._imports()
        return _element("EntityContainer", {"Name": "ServiceLayer"}, inner)

    def _entity_set(self, found: EntitySet) -> str:
        inner = []
        if found.type.etag and self._dialect.v4:
            paths = _element("Collection", {}, ["<PropertyPath>DataVersion</PropertyPath>"])
            inner.append(_element("Annotation", {"Term": _CONCURRENCY}, [paths]))
        return _element("EntitySet", {"Name": found.name, "EntityType": f"SAPB1.{found.type.name}"}, inner)

    def _operations(self) -> list[str]:
        found = [
            _element("Action", {"Name": name}, [*self._parameters(service.takes), *self._returned(service)])
            for name, service in sorted(self._services.items())
        ]
        for action, type_name in self._bound():
            parameter = _element("Parameter", {"Name": f"{type_name}Params", "Type": f"SAPB1.{type_name}"})
            found.append(_element("Action", {"Name": action, "IsBound": "true"}, [parameter]))
        return found

    def _returned(self, service: Service) -> list[str]:
        name = self._result(service)
        return [_element("ReturnType", {"Type": name})] if name else []

    def _result(self, service: Service) -> str:
        if service.gives is None:
            return ""
        if not isinstance(service.gives, EntityType):
            return primitive(service.gives, self._dialect)
        name = f"SAPB1.{service.gives.name}"
        return f"Collection({name})" if service.many else name

    def _imports(self) -> list[str]:
        found = []
        for name, service in sorted(self._services.items()):
            result = self._result(service)
            wanted = {"Name": name, **({"ReturnType": result} if result else {}), "m:HttpMethod": "POST"}
            found.append(_element("FunctionImport", wanted, self._parameters(service.takes)))
        for action, type_name in self._bound():
            parameter = _element("Parameter", {"Name": f"{type_name}Params", "Type": f"SAPB1.{type_name}"})
            wanted = {"Name": action, "IsBindable": "true", "m:HttpMethod": "POST"}
            found.append(_element("FunctionImport", wanted, [parameter]))
        return found

    def _bound(self) -> list[tuple[str, str]]:
        return sorted({(action, one.type.name) for one in self._sets.values() for action in one.actions})

    def _parameters(self, takes: tuple[Property, ...]) -> list[str]:
        return [_element("Parameter", {"Name": one.name, "Type": self._named(one)}) for one in takes]


def _element(tag: str, attributes: Mapping[str, str], inner: Iterable[str] = ()) -> str:
    written = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    content = "".join(inner)
    return f"<{tag}{written}>{content}</{tag}>" if content else f"<{tag}{written}/>"
