"""Secrets at rest, and secrets kept out of logs.

A secret that must be read again (an FTP password, a TOTP seed) is encrypted with a key derived from SECRET_KEY;
the keys of SECRET_KEY_FALLBACKS still decrypt, so that a key can be rotated. A secret that need only be
recognised (a password, an API key) is hashed instead and never comes here.
"""

import base64
import re
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models

MASK = "••••••"
_PREFIX = "f1:"  # says how the column was encrypted, for the day there is a second way
_INFO = b"chappe secrets at rest 1"
_SENSITIVE = re.compile(r"pass(word|wd)?$|^pwd|secret|token|api_?key|authorization|cookie|totp|otp|recovery", re.I)


class Unreadable(str):
    """The text of a secret that no known key opens: empty to a reader, kept as it was when saved again."""

    token: str
    __slots__ = ("token",)

    def __new__(cls, token: str) -> "Unreadable":
        made = super().__new__(cls, "")
        made.token = token
        return made


@cache
def _box(keys: tuple[str, ...]) -> MultiFernet:
    def derive(key: str) -> Fernet:
        raw = HKDF(algorithm=SHA256(), length=32, salt=None, info=_INFO).derive(key.encode())
        return Fernet(base64.urlsafe_b64encode(raw))

    return MultiFernet([derive(key) for key in keys])


def _keys() -> tuple[str, ...]:
    return (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


def encrypt(text: str) -> str:
    """Text → token. The empty text stays empty, so that "no secret" can be seen without the key."""
    if isinstance(text, Unreadable):
        return text.token
    return _PREFIX + _box(_keys()).encrypt(text.encode()).decode() if text else ""


def decrypt(token: str) -> str:
    """Token → text; :class:`Unreadable` when no known key opens it. Plain text is given back as it stands."""
    if not token.startswith(_PREFIX):
        return token
    try:
        return _box(_keys()).decrypt(token.removeprefix(_PREFIX).encode()).decode()
    except InvalidToken:
        return Unreadable(token)


class EncryptedTextField(models.TextField):
    """A text encrypted in the database and plain in Python. It cannot be searched or sorted."""

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value) if not isinstance(value, Unreadable) else value
        return value if value is None else encrypt(value)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value if value is None else decrypt(value)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted: it cannot be looked up")
        return super().get_lookup(lookup_name)


def rotate(model: type[models.Model], chunk: int = 500) -> int:
    """Encrypt again, with the current key, every secret of a model. Answers how many rows were written."""
    fields = [field.name for field in model._meta.concrete_fields if isinstance(field, EncryptedTextField)]
    if not fields:
        return 0
    rows = list(model._base_manager.only("pk", *fields))
    for start in range(0, len(rows), chunk):
        model._base_manager.bulk_update(rows[start : start + chunk], fields)
    return len(rows)


def is_sensitive(name: str) -> bool:
    """Whether a field or key of this name holds something that a log must not show."""
    return bool(_SENSITIVE.search(name))


def _masked(value: Any, depth: int = 0) -> Any:
    if depth > 6:
        return value
    if isinstance(value, dict):
        return {
            k: MASK if is_sensitive(str(k)) and v not in (None, "") else _masked(v, depth + 1) for k, v in value.items()
        }
    if isinstance(value, list | tuple):
        return [_masked(item, depth + 1) for item in value]
    if isinstance(value, str) and "chp_" in value:  # a key of the API, wherever it was written
        value = re.sub(r"(chp_[a-z0-9]{8}_)[A-Za-z0-9]+", rf"\1{MASK}", value)
    if isinstance(value, str) and "://" in value:
        return re.sub(r"(://[^/@:\s]*):[^/@\s]+@", rf"\1:{MASK}@", value)
    return value


def mask_secrets(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """A structlog processor: whatever is called password, secret, token, key… leaves as dots, also in URLs."""
    return _masked(event)
