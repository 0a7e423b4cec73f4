"""Account numbers recognised without being read: a keyed fingerprint, of the present key and of the former ones."""

from django.conf import settings
from django.utils.crypto import salted_hmac

from chappe.core.sepa.values import tidy_iban

_SALT = "chappe.payments.account"


def fingerprint(iban: str, key: str = "") -> str:
    """64 hexadecimal digits; "" for an empty number. Useless without the secret key of the installation."""
    bare = tidy_iban(iban)
    return salted_hmac(_SALT, bare, secret=key or settings.SECRET_KEY, algorithm="sha256").hexdigest() if bare else ""


def fingerprints(iban: str) -> list[str]:
    """The fingerprint under every known key, the present one first: rows of before a rotation are found too."""
    return [fingerprint(iban, key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)] if iban else []
