"""The text of a key: ``chp_<prefix>_<secret>``. Made here, shown once, kept only as a fingerprint.

The fingerprint is an HMAC under the installation's secret key, so that a stolen database opens nothing. The secret
is drawn with 238 bits: no slow hash is needed, and a request costs microseconds.
"""

import re
import secrets
import string
from collections.abc import Iterator

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

MARK = "chp"
PREFIX_LENGTH = 8
SECRET_LENGTH = 40
_SALT = "chappe.api.key"
_PREFIX_LETTERS = string.ascii_lowercase + string.digits
_SECRET_LETTERS = string.ascii_letters + string.digits
_SHAPE = re.compile(rf"{MARK}_([a-z0-9]{{{PREFIX_LENGTH}}})_([A-Za-z0-9]{{{SECRET_LENGTH}}})")


def make() -> tuple[str, str]:
    """(prefix, whole key). The prefix is no secret: it names the key on screens and in logs."""
    prefix = "".join(secrets.choice(_PREFIX_LETTERS) for _ in range(PREFIX_LENGTH))
    return prefix, f"{MARK}_{prefix}_" + "".join(secrets.choice(_SECRET_LETTERS) for _ in range(SECRET_LENGTH))


def prefix_of(text: str) -> str:
    """The prefix of a key that has the right shape; "" otherwise."""
    found = _SHAPE.fullmatch(text)
    return found[1] if found else ""


def digest(text: str, pepper: str = "") -> str:
    """Fingerprint of a whole key: 64 hexadecimal digits."""
    return salted_hmac(_SALT, text, secret=pepper or settings.SECRET_KEY, algorithm="sha256").hexdigest()


def matches(text: str, known: str) -> bool:
    """Whether ``known`` is the fingerprint of ``text``, in constant time, also under a former secret key."""
    found = [constant_time_compare(digest(text, pepper), known) for pepper in _peppers()]
    return any(found)


def _peppers() -> Iterator[str]:
    yield settings.SECRET_KEY
    yield from settings.SECRET_KEY_FALLBACKS
