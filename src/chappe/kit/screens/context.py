"""What the shell of every page reads: the menu that this reader may see, and where they are in it.

``shell``: ``menu`` (sections: slug, label, entries: label, url, icon, active), ``active`` (slug), ``search_url``,
``language``, ``user``, ``organisation``. An entry without its right is not there at all.
"""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from chappe.kit.access.door import may

from . import registry
from .declare import Page, Screen
from .rights import worth_opening


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor. The menu is made only when a page draws it."""
    return {"shell": SimpleLazyObject(lambda: _shell(request))}


def _shell(request: HttpRequest) -> Mapping[str, Any]:
    user = getattr(request, "user", None)
    signed_in = bool(user is not None and user.is_authenticated)
    active = active_slug(request)
    return {
        "menu": menu_for(user, active) if signed_in else [],
        "active": active,
        "search_url": registry_search_url(),
        "language": (get_language() or "fr")[:2],
        "user": user if signed_in else None,
        "organisation": getattr(user, "organisation", None) if signed_in else None,
    }


def registry_search_url() -> str:
    """Address of the global search."""
    from django.urls import reverse

    return reverse("screens:search")


def active_slug(request: HttpRequest) -> str:
    """Slug of the screen or page that answers; of the page whose path stands above when it has no entry."""
    match = getattr(request, "resolver_match", None)
    if match is None:
        return ""
    if match.namespace == "screens" and "slug" in match.kwargs and registry.has(str(match.kwargs["slug"])):
        return str(match.kwargs["slug"])
    if match.namespace == "screens":
        found = {page.slug: page for page in registry.pages()}.get(match.url_name or "")
        if found is not None and found.menu is not None:
            return found.slug
    return _above(request.path.lstrip("/"))


def _above(path: str) -> str:
    """The entry whose address is the longest beginning of ``path``: a page without an entry belongs under it."""
    best, slug = "", ""
    for entry in [*registry.pages(), *registry.screens()]:
        start = entry.path if isinstance(entry, Page) else entry.slug.replace(".", "/") + "/"
        if entry.menu is not None and start and "<" not in start and path.startswith(start) and len(start) > len(best):
            best, slug = start, entry.slug
    return slug


def menu_for(user: Any, active: str = "") -> list[dict[str, Any]]:
    """Sections with the entries that ``user`` may open; an empty section is left out."""
    entries: dict[str, list[tuple[int, str, dict[str, Any]]]] = {}
    for entry in [*registry.screens(), *registry.pages()]:
        if entry.menu is None or not _open_to(entry, user):
            continue
        item = {
            "slug": entry.slug, "label": entry.label, "url": registry.url(entry.slug), "icon": entry.menu.icon,
            "active": entry.slug == active,
        }  # fmt: skip
        entries.setdefault(entry.menu.section, []).append((entry.menu.order, entry.slug, item))
    return [
        {
            "slug": s.slug,
            "label": s.label,
            "entries": [item for _o, _s, item in sorted(entries[s.slug], key=lambda e: e[:2])],
        }
        for s in registry.sections()
        if s.slug in entries
    ]


def _open_to(entry: Screen | Page, user: Any) -> bool:
    if isinstance(entry, Screen):
        return worth_opening(entry, user)
    return entry.public or not entry.area or may(user, entry.area, entry.level)
