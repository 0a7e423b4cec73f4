"""The list: tabs, chips, filters, table, pages. One page for people with and without JavaScript.

An HTMX request is answered with the body of the list only. Nothing is written here but a reader's own choices.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode

from chappe.kit.access.actor import Actor
from chappe.kit.screens import registry, rights, saved, words
from chappe.kit.screens.controls import column_boxes
from chappe.kit.screens.declare import Kind, Screen
from chappe.kit.screens.listing import Listing
from chappe.kit.screens.paging import Slice, page_of
from chappe.kit.screens.query import Count, apply_chips, apply_scope, counted, counted_all, queryset_for
from chappe.kit.screens.tables import header_filter, table_for

from .base import on_screen

_URLS = ("list", "create", "export-csv", "export-xlsx", "columns", "views")


@on_screen()
def list_view(request: HttpRequest, screen: Screen) -> HttpResponse:
    """The list of ``screen``; without any query, the reader's default view."""
    views = list(saved.views_for(screen, request.user))
    opened = _opened(request, views)
    if isinstance(opened, HttpResponse):
        return opened
    listing = Listing(screen, request.user, request.GET, saved.choice_of(screen, request.user))
    if request.GET.get("per", "").isdecimal() and int(request.GET["per"]) != listing.choice.per_page:
        saved.save_per_page(actor=Actor.of(request), screen=screen, per_page=int(request.GET["per"]))
    context = list_context(request, listing)
    context |= {"views": views, "opened": opened, "page_title": screen.label}
    partial = request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request
    response = render(request, "screens/list_body.html" if partial else "screens/list.html", context)
    if partial:
        query = saved.clean_query(request.GET.urlencode()) + (f"&page={listing.page}" if listing.page > 1 else "")
        response["HX-Push-Url"] = f"{request.path}?{query}"
    patch_vary_headers(response, ["HX-Request"])
    return response


def _opened(request: HttpRequest, views: list[Any]) -> Any:
    """The saved view named in the address; a redirect to its query when it is asked for or is the default."""
    asked = request.GET.get("view", "")
    view = next((view for view in views if str(view.pk) == asked), None)
    if view is not None and len(request.GET) == 1 and view.query:
        return HttpResponseRedirect(f"{request.path}?{view.query}&view={view.pk}")
    if not request.GET and not request.htmx:
        default = next((v for v in views if v.is_default and v.user_id == request.user.pk and v.query), None)
        if default is not None:
            return HttpResponseRedirect(f"{request.path}?{default.query}&view={default.pk}")
    return view


def list_context(request: HttpRequest, listing: Listing) -> dict[str, Any]:
    """Everything the list's templates read."""
    screen, user = listing.screen, request.user
    whole = (
        counted(queryset_for(screen, user, ()), screen.estimate)
        if not listing.of
        else counted(listing.base, screen.estimate)
    )
    page = page_of(listing.rows, listing.page, listing.per_page, screen.estimate)
    numbers = _numbers(listing, whole, page)
    bulk = [action for action in screen.actions if action.bulk and rights.may_perform(screen, action, user)]
    may_edit = bool(screen.bulk_fields) and rights.may_change_any(screen, user)
    hidden = [column for column in screen.columns if column not in listing.columns]
    return {
        "screen": screen,
        "listing": listing,
        "page": page,
        "table": table_for(
            screen, page.rows, user=user, columns=listing.columns, listing=listing, pick=bool(bulk or may_edit)
        ),
        "scopes": _scopes(listing, numbers),
        "chips": _chips(listing, numbers),
        "more_filters": [control for column in hidden if (control := header_filter(listing, column))],
        "count_text": words.rows(page.count.number, page.count.capped),
        "nothing_at_all": whole.number == 0,
        "urls": {name.replace("-", "_"): registry.url(screen.slug, name) for name in _URLS},
        **_links(listing, page),
        "may_create": rights.may_create(screen, user),
        "bulk_actions": bulk,
        "may_bulk_edit": may_edit,
        "column_boxes": column_boxes(
            [*((c, True) for c in listing.columns), *((c, False) for c in hidden if c.kind is not Kind.SECRET)]
        ),
        "page_links": [link for make in screen.page_links if (link := make(user))],
        "has_filters": any(
            column_control is not None for column_control in (header_filter(listing, c) for c in listing.columns)
        ),
    }


def _links(listing: Listing, page: Slice) -> dict[str, Any]:
    """Addresses that change one thing of the list."""
    kept = [("scope", listing.scope if listing.params.get("scope") else ""), ("sort", listing.sort), ("of", listing.of)]
    kept += [("cols", listing.params.get("cols", "")), *(("chip", name) for name in listing.chips)]
    everything = next((scope.name for scope in listing.screen.scopes if not scope.where), "")
    query = QueryDict(listing.query, mutable=True)
    query["cols"] = "*"
    return {
        "kept": [(name, value) for name, value in kept if value],
        "clear_url": "?" + urlencode({"scope": listing.scope} if listing.params.get("scope") else {}),
        "everything_url": listing.link(scope=everything) if everything and everything != listing.scope else "",
        "all_columns_query": "?" + query.urlencode(),
        "total": words.figure(page.count.number, page.count.capped),
        "per_links": [(number, listing.link(per=number)) for number in saved.PER_PAGE],
        "page_urls": [(number, number and listing.link(page=number)) for number in page.numbers()],
        "previous_url": listing.link(page=page.number - 1),
        "next_url": listing.link(page=page.number + 1),
    }


def _numbers(listing: Listing, whole: Count, page: Slice) -> dict[tuple[str, str], Count]:
    """Rows of each tab and of each chip. On a table too long to count, only the open tab's."""
    screen, found = listing.screen, {}
    if not listing.chips:
        found["scope", listing.scope] = page.count
    if whole.capped:
        return found
    asked = {
        ("scope", scope.name): apply_scope(screen, listing.searched, scope.name)
        for scope in screen.scopes
        if ("scope", scope.name) not in found
    }
    asked |= {
        ("chip", chip.name): apply_chips(screen, listing.scoped, [chip.name], listing.user) for chip in screen.chips
    }
    return found | dict(zip(asked, counted_all(list(asked.values()), screen.estimate), strict=True))


def _scopes(listing: Listing, numbers: dict[tuple[str, str], Count]) -> list[dict[str, Any]]:
    """The tabs, with the numbers that were counted."""
    tabs = []
    for scope in listing.screen.scopes:
        count = numbers.get(("scope", scope.name))
        tabs.append(
            {
                "scope": scope,
                "on": scope.name == listing.scope,
                "count": count and words.figure(count.number, count.capped),
                "url": listing.link(scope=scope.name),
            }
        )
    return tabs


def _chips(listing: Listing, numbers: dict[tuple[str, str], Count]) -> list[dict[str, Any]]:
    found = []
    for chip in listing.screen.chips:
        on = chip.name in listing.chips
        names = [name for name in listing.chips if name != chip.name] if on else [*listing.chips, chip.name]
        count = numbers.get(("chip", chip.name))
        found.append(
            {
                "chip": chip,
                "on": on,
                "count": count and words.figure(count.number, count.capped),
                "url": listing.link(chip=names),
            }
        )
    return found
