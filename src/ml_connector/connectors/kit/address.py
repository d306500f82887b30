"""Which vendor addresses a customer may give: https only, never an address inside our own machine room."""

from __future__ import annotations

import ipaddress
import socket
from typing import Final
from urllib.parse import urlsplit

from ml_connector.connectors.kit.errors import BadConfiguration

_METADATA_HOSTS: Final = {
    "metadata",
    "metadata.google.internal",
    "metadata.goog",
    "instance-data",
    "metadata.azure.com",
}
_METADATA_ADDRESSES: Final = {
    ipaddress.ip_address(text) for text in ("fd00:ec2::254", "100.100.100.200", "168.63.129.16")
}


def complaint(url: str, name: str = "base_url") -> str:
    """What is wrong with `url` as a vendor's address and what to write instead; empty when it is fine.

    Plain http is accepted for loopback only (rehearsals). Names are not resolved here: behind https, an address
    that hides in DNS has no certificate for the name and is refused when connecting.
    """
    try:
        parts = urlsplit(url.strip())
        host, _port = (parts.hostname or "").rstrip(".").lower(), parts.port
    except ValueError:
        return f"{name}: {url!r} is not an address: write it as https://host or https://host/path"
    if parts.scheme not in ("http", "https") or not host:
        return f"{name}: write a full address that starts with https://"
    if parts.username is not None or parts.password is not None:
        return f"{name}: leave user name and password out of the address, they have fields of their own"
    if parts.query or parts.fragment:
        return f"{name}: write the address without ? and # and what follows them"
    if _is_forbidden(host):
        return f"{name}: {host} is an internal (link-local or metadata) address: write the vendor's public host name"
    if parts.scheme == "http" and not is_loopback(host):
        return f"{name}: write https:// instead of http://, credentials are never sent unencrypted"
    return ""


def clean(url: str, name: str = "base_url") -> str:
    """`url` without white space and trailing slashes. Raises BadConfiguration with what to write instead."""
    if wrong := complaint(url, name):
        raise BadConfiguration(wrong)
    return url.strip().rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether `host` (a name or a literal address) is this machine."""
    address = _literal(host)
    return host == "localhost" if address is None else address.is_loopback


def _is_forbidden(host: str) -> bool:
    address = _literal(host)
    if address is None:
        return host in _METADATA_HOSTS
    return address.is_link_local or address.is_unspecified or address.is_multicast or address in _METADATA_ADDRESSES


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that `host` spells, also in the short forms that resolvers accept (`2852039166`, `127.1`)."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host))
        except OSError:
            return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
