"""What the tests of screens share: one row of a screen, every address derived from it, what an export holds."""

import io
import re
import zipfile
from html import unescape
from typing import Any

from chappe.kit.access.door import EVERYONE, HOUSE
from chappe.kit.screens import registry
from chappe.kit.screens.declare import Screen
from tests.support import rows

SCREENS = registry.screens()


def slug(screen: Any) -> str:
    """Name of a case."""
    return getattr(screen, "slug", "")


def scope_of_all(screen: Screen) -> str:
    """The tab without a condition; "" when there is no tab. Every screen that has tabs must have it."""
    return next((scope.name for scope in screen.scopes if not scope.where), "")


def list_query(screen: Screen, **more: str) -> dict[str, str]:
    """Everything, with every column."""
    return {"scope": scope_of_all(screen), "cols": "*", **more}


def every_column(screen: Screen) -> str:
    """Names for ``cols``, for the page of the list."""
    return ",".join(column.name for column in screen.columns if column.kind != "secret")


def row_addresses(screen: Screen, pk: Any) -> list[str]:
    """Every address about one row, whether or not the screen has that act."""
    names = ["detail", "update", "delete", "history"]
    found = [registry.url(screen.slug, name, pk=pk) for name in names]
    found += [registry.url(screen.slug, "action", pk=pk, name=action.name) for action in screen.actions]
    found += [registry.url(screen.slug, "reveal", pk=pk, name=c.name) for c in screen.columns if c.kind == "secret"]
    return found


def list_addresses(screen: Screen) -> list[str]:
    """Every address about the list."""
    return [
        registry.url(screen.slug, name) for name in ("list", "create", "export-csv", "export-xlsx", "views", "columns")
    ]


def body(response: Any) -> str:
    """The answer's text, streamed or not, entities read."""
    raw = b"".join(response.streaming_content) if response.streaming else response.content
    return unescape(raw.decode("utf-8", "replace"))


def sheet(response: Any) -> str:
    """The text of every part of an XLSX answer."""
    raw = b"".join(response.streaming_content) if response.streaming else response.content
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return unescape("".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist()))


def owned(screen: Screen) -> bool:
    """Whether rows belong to somebody: not reference data, not the house's."""
    return screen.model.access.owner not in {EVERYONE, HOUSE}


def owned_screens() -> list[Screen]:
    return [screen for screen in SCREENS if owned(screen)]


def make(screen: Screen, owner: Any) -> tuple[Any, str]:
    """A row of the screen and the mark it carries."""
    mark = rows.new_mark()
    return rows.make(screen.model, owner, mark), mark


def state(obj: Any) -> dict[str, Any] | None:
    """Every stored value of the row as it stands now; None when it is gone."""
    found = type(obj)._default_manager.filter(pk=obj.pk).first()
    return {f.attname: getattr(found, f.attname) for f in found._meta.concrete_fields} if found else None


def headers(html: str) -> list[str]:
    """Texts of the column headers of a list."""
    return [
        unescape(re.sub(r"<[^>]+>", "", cell)).strip()
        for cell in re.findall(r'<th scope="col"[^>]*>(.*?)</th>', html, re.S)
    ]
