"""Whose certificates a connection accepts: the system's authorities, one of the customer's own, or any."""

from __future__ import annotations

import ssl
from functools import lru_cache
from pathlib import Path
from typing import Final

import httpx2
from msgspec import Struct

from ml_connector.connectors.kit.errors import BadConfiguration

_BEGIN: Final = "-----BEGIN CERTIFICATE-----"
_LARGEST: Final = 1_000_000


class Trust(Struct, frozen=True, kw_only=True):
    """`authority` is PEM text or the path of a PEM file, "" for the system's own; without `verify` any will do.

    A server's own certificate may stand in for its authority.
    """

    authority: str = ""
    verify: bool = True


SYSTEM: Final = Trust()


def complaint(authority: str, name: str) -> str:
    """What is wrong with a customer's own authority and what to write instead; empty when it is fine."""
    if not authority:
        return ""
    try:
        _own(_pem(authority))
    except (OSError, ValueError) as problem:  # ssl.SSLError is an OSError
        what = "text" if _BEGIN in authority else f"file {authority[:200]!r}"
        reason = getattr(problem, "strerror", None) or problem
        return f"{name}: the {what} is no PEM certificate that can be read ({reason}): export the authority as PEM"
    return ""


def context(trust: Trust) -> ssl.SSLContext:
    """The TLS context that accepts these certificates. Raises BadConfiguration."""
    if not trust.verify:
        return _any()
    if wrong := complaint(trust.authority, "the certificate authority"):
        raise BadConfiguration(wrong)
    return _own(_pem(trust.authority)) if trust.authority else _system()


def problem_of(error: BaseException, host: str) -> str:
    """What is wrong with the certificate that `host` showed and what to do; empty when it is something else."""
    found: BaseException | None = error
    while found is not None and not isinstance(found, ssl.SSLCertVerificationError):
        found = found.__cause__ or found.__context__
    if found is None:
        return ""
    said = found.verify_message or str(found)
    return f"{host}: its certificate is not accepted ({said}), nothing was sent: {_advice(said.lower())}"


def _advice(said: str) -> str:
    if "expired" in said or "not yet valid" in said:
        return "have it renewed there, or check both clocks"
    if "hostname" in said or "ip address" in said:
        return "write the address with the name that the certificate is for"
    return "enter the authority that signed it among the connection's settings, if it is the company's own"


def _pem(authority: str) -> str:
    """The PEM text; a path must lead to an ordinary file. Raises OSError or ValueError."""
    if _BEGIN in authority:
        return authority.strip() + "\n"
    path = Path(authority)
    if not path.is_file() or path.stat().st_size > _LARGEST:
        raise ValueError("no such file, or too large for one")
    return path.read_text(encoding="ascii")


@lru_cache(maxsize=32)
def _own(pem: str) -> ssl.SSLContext:
    made = ssl.create_default_context(cadata=pem)
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return made


@lru_cache(maxsize=1)
def _system() -> ssl.SSLContext:
    return httpx2.create_ssl_context()


@lru_cache(maxsize=1)
def _any() -> ssl.SSLContext:
    return httpx2.create_ssl_context(verify=False)
