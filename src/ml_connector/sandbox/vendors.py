"""The vendors that have a sandbox, by the names of the ready-file."""

from __future__ import annotations

from importlib import import_module

from ml_connector.sandbox.kit.vendor import Vendor

# Imported when asked for, so that a process with one vendor starts without the others.
_PLACES = {
    "procore": "ml_connector.sandbox.procore.vendor:Procore",
    "acumatica": "ml_connector.sandbox.acumatica.web.server:Acumatica",
    "sap_b1": "ml_connector.sandbox.sap_b1.server:SapB1",
    "visma_net": "ml_connector.sandbox.visma_net.vendor:VismaNet",
}

NAMES = tuple(_PLACES)


def vendor_class(name: str) -> type[Vendor]:
    """Raises LookupError, whose text says which names there are."""
    if name not in _PLACES:
        raise LookupError(f"no sandbox of {name!r}; there are: {', '.join(NAMES)}")
    module, _, attribute = _PLACES[name].partition(":")
    found = getattr(import_module(module), attribute)
    assert isinstance(found, type)
    assert issubclass(found, Vendor)
    return found
