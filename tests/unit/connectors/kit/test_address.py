"""Addresses that a customer may and may not give."""

from __future__ import annotations

import pytest

from ml_connector.connectors.kit import address, errors


@pytest.mark.parametrize(
    "url",
    [
        "https://api.procore.com",
        "https://erp.customer.example:8443/tenant/",
        " https://api.procore.com/ ",
        "http://127.0.0.1:9001",
        "http://localhost:9001/",
        "http://[::1]:9001",
    ],
)
def test_vendor_and_rehearsal_addresses_are_fine(url: str) -> None:
    assert address.complaint(url) == ""
    assert not address.clean(url).endswith("/")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://api.procore.com", "https://"),
        ("http://10.0.0.5", "https://"),
        ("ftp://api.procore.com", "https://"),
        ("api.procore.com", "https://"),
        ("", "https://"),
        ("https://169.254.169.254/latest", "metadata"),
        ("http://169.254.169.254", "metadata"),
        ("https://2852039166/", "metadata"),
        ("https://[fe80::1%25eth0]/", "metadata"),
        ("https://[::ffff:169.254.169.254]/", "metadata"),
        ("https://[fd00:ec2::254]/", "metadata"),
        ("https://metadata.google.internal./x", "metadata"),
        ("https://0.0.0.0", "internal"),
        ("https://user:pw@api.procore.com", "fields of their own"),
        ("https://api.procore.com/?a=b", "without ?"),
        ("https://api.procore.com:99999", "not an address"),
    ],
)
def test_other_addresses_are_refused_with_what_to_write(url: str, words: str) -> None:
    assert words in address.complaint(url)
    with pytest.raises(errors.BadConfiguration, match="base_url"):
        address.clean(url)
