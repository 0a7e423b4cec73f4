"""The search box of every page: a few rows of each list that the reader may open. It never counts."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from chappe.kit.screens import registry, rights
from chappe.kit.screens.cells import head_of, state_of
from chappe.kit.screens.declare import Screen
from chappe.kit.screens.query import apply_order, apply_search, queryset_for
from chappe.kit.screens.values import cell_text

FOUND_EACH = 5
MIN_LENGTH = 2


def search(request: HttpRequest) -> HttpResponse:
    """``q`` in every screen's search fields; an HTMX request gets the panel under the box."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    text = request.GET.get("q", "").strip()[:200]
    groups = find(text, request.user) if len(text) >= MIN_LENGTH else []
    context = {"q": text, "groups": groups, "page_title": _("Search"), "too_short": 0 < len(text) < MIN_LENGTH}
    return render(request, "screens/search_results.html" if request.htmx else "screens/search.html", context)


def find(text: str, user: Any, among: Iterable[Screen] | None = None) -> list[dict[str, Any]]:
    """For each screen (of ``among``, else of the house) with a match: its first rows, and the address of all of them."""
    groups = []
    for screen in registry.screens() if among is None else among:
        found = _first_rows(screen, text, user) if screen.search and rights.may_read(screen, user) else []
        if not found:
            continue
        hits = [_hit(screen, row) for row in found[:FOUND_EACH]]
        whole = registry.url(screen.slug, "list") + "?" + urlencode({"q": text, **_everything(screen)})
        groups.append({"screen": screen, "hits": hits, "url": whole, "more": len(found) > FOUND_EACH})
    return groups


def _first_rows(screen: Screen, text: str, user: Any) -> list[Any]:
    """The first matches in the order of the list, one more than are shown.

    Most lists hold no match: the keys are asked for alone, and what a hit shows is read for those found only.
    """
    matching = apply_order(screen, apply_search(screen, queryset_for(screen, user, ()), text))
    keys = list(matching.values_list("pk", flat=True)[: FOUND_EACH + 1])
    if not keys:
        return []
    found = queryset_for(screen, user).in_bulk(keys)
    return [found[key] for key in keys if key in found]


def _hit(screen: Any, row: Any) -> dict[str, Any]:
    second = cell_text(screen, screen.columns[1], row) if len(screen.columns) > 1 else ""
    return {
        "url": registry.url(screen.slug, "detail", pk=row.pk),
        "title": head_of(screen, row),
        "second": second,
        "state": state_of(screen, row),
    }


def _everything(screen: Any) -> dict[str, str]:
    """The tab without a condition, when there is one: a search looks in all rows."""
    scope = next((scope.name for scope in screen.scopes if not scope.where), "")
    return {"scope": scope} if scope else {}
