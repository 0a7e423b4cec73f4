"""Every screen, page and menu section of the house, filled at start and then frozen.

An app's ``screens.py`` calls :func:`register`, :func:`page` and :func:`menu_section`; it is imported once,
when Django starts, and the registry is frozen right after. Looking up never touches the database. This file
must never decide who may see what: that is the door's (``chappe.kit.access.door``).
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model
from django.urls import get_script_prefix, reverse

from .declare import Page, Screen, Text

# Query parameters of a list that are not filters; a column may not take their names.
RESERVED = frozenset(
    {"q", "scope", "chip", "sort", "page", "per", "view", "cols", "of", "bom", "format", "page_size", "cursor"}
)


_KEY, _PLAIN_KEY = "0-0-0-0", re.compile(r"[0-9a-zA-Z-]+")


@dataclass(frozen=True)
class Section:
    """A heading of the menu."""

    slug: str
    label: Text
    order: int


@dataclass
class _Store:
    screens: dict[str, Screen] = field(default_factory=dict)
    pages: dict[str, Page] = field(default_factory=dict)
    sections: dict[str, Section] = field(default_factory=dict)
    frozen: bool = False


_store = _Store()


def register(screen: Screen) -> Screen:
    """Add ``screen``. Raises ImproperlyConfigured for a slug taken, a fault in it, or a frozen registry."""
    _open("register", screen.slug)
    if screen.slug in _store.screens or screen.slug in _store.pages:
        raise ImproperlyConfigured(f"Screen “{screen.slug}” is registered twice.")
    faults = _faults(screen)
    if faults:
        raise ImproperlyConfigured(f"Screen “{screen.slug}”: " + "; ".join(faults))
    _store.screens[screen.slug] = screen
    return screen


def page(page: Page) -> Page:
    """Add an ordinary view. Raises ImproperlyConfigured for a slug or a path taken, or a frozen registry."""
    _open("page", page.slug)
    if page.slug in _store.pages or page.slug in _store.screens:
        raise ImproperlyConfigured(f"Page “{page.slug}” is registered twice.")
    if any(page.path == other.path for other in _store.pages.values()):
        raise ImproperlyConfigured(f"Page “{page.slug}”: the path “{page.path}” is taken.")
    if page.path.startswith("/"):
        raise ImproperlyConfigured(f"Page “{page.slug}”: the path is relative to the root, without a first slash.")
    _store.pages[page.slug] = page
    return page


def menu_section(slug: str, label: Text, order: int) -> None:
    """Add a heading of the menu. Two apps may name the same one; it must then be said alike."""
    _open("menu_section", slug)
    known = _store.sections.get(slug)
    if known is not None and (str(known.label), known.order) != (str(label), order):
        raise ImproperlyConfigured(f"Menu section “{slug}” is registered twice, differently.")
    _store.sections[slug] = Section(slug, label, order)


def screens() -> Sequence[Screen]:
    """All screens, in the order of their slugs."""
    return [_store.screens[slug] for slug in sorted(_store.screens)]


def pages() -> Sequence[Page]:
    """All pages, in the order of their slugs."""
    return [_store.pages[slug] for slug in sorted(_store.pages)]


def sections() -> Sequence[Section]:
    """Menu sections in the order in which they stand."""
    return sorted(_store.sections.values(), key=lambda section: (section.order, section.slug))


def get(slug: str) -> Screen:
    """The screen of that slug. Raises KeyError with the known slugs."""
    try:
        return _store.screens[slug]
    except KeyError:
        raise KeyError(f"no screen “{slug}”; known: {', '.join(sorted(_store.screens)) or 'none'}") from None


def has(slug: str) -> bool:
    """Whether a screen of that slug is registered."""
    return slug in _store.screens


def for_model(model: type[Model]) -> Screen | None:
    """The screen of a model, or None. With several screens on one model, the first by slug."""
    concrete = model._meta.concrete_model
    return next((screen for screen in screens() if screen.model._meta.concrete_model is concrete), None)


def url(slug: str, name: str = "list", /, **kwargs: Any) -> str:
    """Address of a screen's page (``list``, ``create``, ``export-csv``, ``detail`` with pk…) or of a Page."""
    if slug in _store.pages:
        return reverse(f"screens:{slug}", kwargs=kwargs or None)
    named = get(slug).slug
    if kwargs.keys() == {"pk"} and _PLAIN_KEY.fullmatch(key := str(kwargs["pk"])):
        return key.join(_around(named, name, get_script_prefix()))
    return reverse(f"screens:{name}", kwargs={"slug": named, **kwargs})


@lru_cache(maxsize=2000)
def _around(slug: str, name: str, _mounted: str) -> tuple[str, str]:
    """What stands before and after the key in an address, for keys that are written as they are: a page holds a thousand of them."""
    before, _key, after = reverse(f"screens:{name}", kwargs={"slug": slug, "pk": _KEY}).partition(_KEY)
    return before, after


def object_url(obj: Model) -> str:
    """Address of the detail page of ``obj``; "" when its model has no screen."""
    screen = for_model(type(obj))
    return url(screen.slug, "detail", pk=obj.pk) if screen else ""


def freeze() -> None:
    """Close the registry and check what one screen says of another. Raises ImproperlyConfigured."""
    for screen in screens():
        for related in screen.related:
            if related.screen not in _store.screens:
                raise ImproperlyConfigured(f"Screen “{screen.slug}”: no screen “{related.screen}” to list.")
    for entry in [*_store.screens.values(), *_store.pages.values()]:
        if entry.menu is not None and entry.menu.section not in _store.sections:
            raise ImproperlyConfigured(f"“{entry.slug}”: no menu section “{entry.menu.section}”.")
    _store.frozen = True


@contextmanager
def amended(*extra: Screen) -> Iterator[None]:
    """For tests only: the registry with ``extra`` screens added or replaced, put back afterwards."""
    store = _store  # another may stand in its place by then
    before = dict(store.screens)
    store.screens.update({screen.slug: screen for screen in extra})
    try:
        yield
    finally:
        store.screens = before


def _open(verb: str, slug: str) -> None:
    if _store.frozen:
        raise ImproperlyConfigured(
            f"{verb}(“{slug}”): screens are registered in an app's screens.py, at start; it is too late."
        )


def _faults(screen: Screen) -> list[str]:
    faults = []
    names = [column.name for column in screen.columns]
    if screen.slug.count(".") != 1:
        faults.append("the slug must be app.entity")
    if not names:
        faults.append("it has no column")
    faults += [f"column “{name}” is declared twice" for name in sorted({n for n in names if names.count(n) > 1})]
    faults += [f"the column name “{name}” is reserved" for name in names if name in RESERVED]
    named = [name for panel in screen.panels for name in panel.columns] + ([screen.state] if screen.state else [])
    faults += [f"no column “{name}”" for name in named if name not in names]
    if screen.bulk_fields and screen.update is None:
        faults.append("bulk_fields need an update verb")
    if (screen.create or screen.update) and not (screen.fields or screen.form):
        faults.append("create and update need fields or a form")
    for group in (screen.scopes, screen.chips, screen.actions):
        labels = [item.name for item in group]
        faults += [f"“{name}” is declared twice" for name in sorted({n for n in labels if labels.count(n) > 1})]
    return faults
