"""Every screen, page, area and job is said in French as well as in English; no English word stands on a French page."""

from functools import cache

import pytest
from django.utils import translation
from django.utils.translation import trans_real

from chappe.kit.access.areas import LEVEL_LABELS, areas
from chappe.kit.jobs.registry import jobs
from chappe.kit.screens import registry

from .screens import SCREENS, body, every_column, headers, scope_of_all, slug

#: Words that no language changes.
NAMES = frozenset({"API", "Chappe"})


def both(text) -> tuple[str, str]:
    with translation.override("en"):
        english = str(text)
    with translation.override("fr"):
        return english, str(text)


def texts_of(screen):
    yield from (screen.label, screen.label_one, screen.empty, screen.intro)
    for column in screen.columns:
        yield from (column.label, column.help)
        yield from (label for _value, label in column.choices or ())
    for group in (screen.scopes, screen.chips, screen.related):
        yield from (item.label for item in group)
    for action in screen.actions:
        yield from (action.label, action.confirm)
    yield from (panel.title for panel in screen.panels)


def untranslated(texts) -> list[str]:
    """Those that the French catalogue does not hold; a word may be the same in French, but somebody must have said so."""
    said = {both(text)[0] for text in texts} - {""} - NAMES
    return sorted(said - known_in_french())


@cache
def known_in_french() -> frozenset[str]:
    """Every text of the catalogues that has a French one, whatever its context or its plural."""
    catalogue = trans_real.translation("fr")._catalog
    keys = (key[0] if isinstance(key, tuple) else key for key in catalogue.keys())  # noqa: SIM118 - it has no __iter__
    return frozenset(key.rpartition("\x04")[2] for key in keys)


@pytest.mark.parametrize("screen", SCREENS, ids=slug)
def test_every_text_of_a_screen_has_its_french(screen):
    assert untranslated(texts_of(screen)) == []


def test_pages_sections_areas_levels_and_jobs_have_their_french():
    texts = [page.label for page in registry.pages()] + [section.label for section in registry.sections()]
    texts += [text for area in areas().values() for text in (area.label, area.help)]
    texts += [*LEVEL_LABELS.values(), *(spec.label for spec in jobs().values())]
    assert untranslated(texts) == []


@pytest.mark.parametrize("screen", SCREENS, ids=slug)
def test_a_french_reader_reads_french_headers(screen, client, alice):
    alice.language = "fr"
    alice.save()
    client.force_login(alice)
    page = client.get(registry.url(screen.slug), {"scope": scope_of_all(screen), "cols": every_column(screen)})
    html = body(page)
    assert '<html lang="fr"' in html
    french = [both(column.label)[1] for column in page.context["listing"].columns]
    shown = [text for text in headers(html) if text]
    assert shown == french if shown else page.context["nothing_at_all"]
