"""A stored version as a Tariff and as arrays, kept in memory by fingerprint. Reads only."""

from functools import lru_cache
from typing import Any

from chappe.apps.tariffs.models import TariffVersion
from chappe.core.rating.model import Tariff
from chappe.core.tariff.door import read_folder
from chappe.kit.documents.blobs import blob_path

CACHED = 8  # versions: a large one takes tens of megabytes


Content = tuple[str, str, str, str]  # sha256, name, format, time zone: what decides how a stored file reads


def content_of(version: TariffVersion) -> Content:
    """What decides how a version reads; the same for versions of the same content."""
    return version.content.sha256, version.content.name, version.format, version.timezone


def load_tariff(version: TariffVersion) -> Tariff:
    """The neutral tariff of a version. Raises ValueError when its stored content can no longer be read."""
    return read_content(*content_of(version))


def load_compiled(version: TariffVersion) -> Any:
    """The arrays that price calls (``CompiledTariff``)."""
    return _compiled(*content_of(version))


def compiled_content(content: Content) -> Any:
    """The same for a content: see :func:`content_of`."""
    return _compiled(*content)


@lru_cache(maxsize=CACHED)
def read_content(sha256: str, name: str, form: str, timezone: str) -> Tariff:
    """The tariff of a stored content. Raises ValueError when it can no longer be read."""
    result = read_folder({name: blob_path(sha256).read_bytes()}, format=form, timezone=timezone)
    if result.tariff is None:
        raise ValueError(f"the stored content of {name} can no longer be read as a tariff")
    return result.tariff


@lru_cache(maxsize=CACHED)
def _compiled(sha256: str, name: str, form: str, timezone: str) -> Any:
    from chappe.core.rating.compile import compile_tariff

    return compile_tariff(read_content(sha256, name, form, timezone))
