"""Addresses as people type them → addresses that a server takes. No header can be smuggled through here."""

from collections.abc import Iterable
from email.headerregistry import Address
from email.utils import getaddresses, parseaddr

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _


def several(given: str | Iterable[str]) -> list[str]:
    """Addresses parted by commas, semicolons or lines, or a list of them → bare addresses, each once, in order.

    Raises ValidationError naming the first that is none.
    """
    texts = [given] if isinstance(given, str) else list(given)
    parts = [part for text in texts for part in text.replace(";", ",").replace("\n", ",").split(",") if part.strip()]
    found: dict[str, None] = {}
    for part in parts:
        found[bare(part)] = None
    return list(found)


def bare(text: str) -> str:
    """“Name <a@b.example>” → a@b.example, the domain in ASCII. Raises ValidationError."""
    pairs = getaddresses([text.strip()])
    address = pairs[0][1] if len(pairs) == 1 else ""
    if text.strip() != address and not text.strip().endswith(f"<{address}>"):  # a group, a header line
        address = ""
    local, _at, domain = address.rpartition("@")
    try:
        address = f"{local}@{domain.encode('idna').decode()}" if domain else ""
        validate_email(address)
        address.encode("ascii")
    except (UnicodeError, ValidationError) as error:
        raise ValidationError(
            _("“%(address)s” is not an e-mail address."),
            code="address",
            params={"address": " ".join(text.split())[:120]},
        ) from error
    return address


def header(text: str) -> Address | None:
    """An address with its name, for a header; None when the text holds none."""
    name, address = parseaddr(text)
    return Address(display_name=name, addr_spec=address) if "@" in address else None


def hidden(address: str) -> str:
    """An address for a log: its domain, and the first letter of who."""
    local, _at, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"
