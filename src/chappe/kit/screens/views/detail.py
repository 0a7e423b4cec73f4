"""One row: what it is, in what state, what may be done with it and why not, its panels, relations and history."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from chappe.kit.access.actor import Actor
from chappe.kit.audit.services import event, history
from chappe.kit.screens import registry, rights, words
from chappe.kit.screens.cells import Painter, head_of, state_of
from chappe.kit.screens.declare import Action, Column, Kind, Panel, Related, Screen
from chappe.kit.screens.query import apply_of, apply_order, counted, queryset_for
from chappe.kit.screens.sentences import SECRET_SHOWN
from chappe.kit.screens.tables import table_for
from chappe.kit.screens.values import cell_value, find_column, source_of

from .base import object_or_404, on_screen, refuse_unless

HISTORY_SHOWN = 8
_ICONS = {"created": "plus", "changed": "pencil", "deleted": "trash"}


@dataclass(frozen=True)
class Button:
    """An act offered on the page: ``why`` is the sentence that blocks it now."""

    action: Action
    url: str
    why: str
    direct: bool  # performed by this very button, without a page that asks


@on_screen()
def detail(request: HttpRequest, screen: Screen, pk: str) -> HttpResponse:
    obj = object_or_404(screen, request.user, pk)
    user = request.user
    panels = [_panel(screen, panel, obj, user) for panel in screen.panels or _usual_panels(screen)]
    context = {
        "screen": screen,
        "object": obj,
        "page_title": head_of(screen, obj),
        "title": head_of(screen, obj),
        "state": state_of(screen, obj),
        "subtitle": screen.subtitle(obj) if screen.subtitle else "",
        "buttons": buttons(screen, obj, user),
        "main_panels": [panel for panel in panels if not panel["panel"].aside],
        "aside_panels": [panel for panel in panels if panel["panel"].aside],
        "related": [shown for related in screen.related if (shown := _related(related, obj, user)) is not None],
        "events": events(history(obj)[:HISTORY_SHOWN]) if screen.history else [],
        "may_change": rights.may_change(screen, user, obj),
        "may_delete": rights.may_delete(screen, user, obj),
        "urls": {name: registry.url(screen.slug, name, pk=obj.pk) for name in ("update", "delete", "history")},
        "list_url": registry.url(screen.slug, "list"),
    }
    return render(request, "screens/detail.html", context)


def buttons(screen: Screen, obj: Any, user: Any) -> list[Button]:
    """The acts on one row that the reader holds the right to; the blocked ones say why."""
    found = []
    for action in screen.actions:
        offered = action.offered is None or action.offered(obj, user)
        if action.single and offered and rights.may_perform(screen, action, user, obj):
            why = action.why_not(obj, user) if action.why_not else None
            url = registry.url(screen.slug, "action", pk=obj.pk, name=action.name)
            found.append(Button(action, url, str(why or ""), direct=not (action.form or action.confirm)))
    return sorted(found, key=lambda button: button.action.primary)


def _usual_panels(screen: Screen) -> list[Panel]:
    return [Panel(title=_("Details"), icon="info-circle", columns=[column.name for column in screen.columns])]


def _panel(screen: Screen, panel: Panel, obj: Any, user: Any) -> dict[str, Any]:
    painter = Painter(screen, user)
    rows = []
    for name in panel.columns:
        column = find_column(screen, name)
        if column is not None:
            shown = _secret(screen, column, obj, user) if column.kind is Kind.SECRET else painter.cell(column, obj)
            rows.append((column, shown))
    extra = panel.context(obj, user) if panel.context else {}
    return {"panel": panel, "rows": rows, "context": {"object": obj, "screen": screen, "user": user, **extra}}


def _secret(screen: Screen, column: Column, obj: Any, user: Any) -> Any:
    """The mask, with a button that shows the value to whoever may change the row."""
    if cell_value(screen, column, obj) in (None, ""):
        return format_html('<span class="ch-dim">{}</span>', _("none"))
    if not rights.may_reveal(screen, user, obj):
        return format_html('<span class="ch-dim">{}</span>', words.MASK)
    url = registry.url(screen.slug, "reveal", pk=obj.pk, name=column.name)
    return format_html(
        '<span class="ch-secret"><span aria-hidden="true">{}</span> <button type="submit" class="ch-linkish" form="ch-reveal" formaction="{}"'
        ' hx-post="{}" hx-target="closest .ch-secret" hx-swap="outerHTML" aria-label="{}">{}</button></span>',
        words.MASK, url, url, _("Show %(what)s") % {"what": column.label}, _("show"),
    )  # fmt: skip


@never_cache
@require_POST
@on_screen()
def reveal(request: HttpRequest, screen: Screen, pk: str, name: str) -> HttpResponse:
    """The value of a secret, after a line in the audit trail."""
    obj = object_or_404(screen, request.user, pk)
    column = find_column(screen, name)
    refuse_unless(column is not None and column.kind is Kind.SECRET and rights.may_reveal(screen, request.user, obj))
    assert column is not None
    event(Actor.of(request), obj, SECRET_SHOWN, column=str(column.label))
    value = format_html('<span class="ch-secret ch-ref" tabindex="-1">{}</span>', cell_value(screen, column, obj) or "")
    if request.htmx:
        return HttpResponse(value)
    back = registry.url(screen.slug, "detail", pk=obj.pk)
    context = {"screen": screen, "title": column.label, "value": value, "back_url": back, "name": head_of(screen, obj)}
    return render(request, "screens/secret.html", context)


def _related(related: Related, obj: Any, user: Any) -> dict[str, Any] | None:
    """The rows of another screen that belong to this one; None when the reader may not open that list."""
    other = registry.get(related.screen)
    if not rights.may_read(other, user):
        return None
    columns = [c for c in other.columns if c.shown and not _leads_back(other, c, related.path)]
    of = f"{related.path}:{obj.pk}"
    rows = apply_order(other, apply_of(other, queryset_for(other, user, columns), of))
    count = counted(rows, 1000)
    path = related.path
    create = (
        registry.url(other.slug, "create") + f"?{path}={obj.pk}"
        if path in other.fields and rights.may_create(other, user)
        else ""
    )
    return {
        "screen": other,
        "label": related.label or other.label,
        "table": table_for(other, list(rows[: related.limit]), user=user, columns=columns),
        "count": words.figure(count.number, count.capped),
        "number": count.number,
        "url": registry.url(other.slug, "list") + f"?of={of}",
        "create_url": create,
    }


def _leads_back(screen: Screen, column: Column, path: str) -> bool:
    source = column.source or column.name
    return source == path or (source.startswith(f"{path}__") and source_of(screen.model, path).target is not None)


def events(entries: Any) -> list[dict[str, Any]]:
    """Lines of the audit trail for the timeline: when, what as a sentence, who and by which way."""
    lines = []
    for entry in entries:
        who = entry.by()
        lines.append({"when": entry.at, "icon": _ICONS.get(entry.verb, "point"), "text": entry.sentence(), "who": who})
    return lines


@on_screen()
def full_history(request: HttpRequest, screen: Screen, pk: str) -> HttpResponse:
    """Everything that happened to one row, newest first."""
    obj = object_or_404(screen, request.user, pk)
    refuse_unless(screen.history)
    page = Paginator(history(obj), 50).get_page(request.GET.get("page"))
    context = {
        "screen": screen, "object": obj, "title": head_of(screen, obj), "page": page, "events": events(page.object_list),
        "list_url": registry.url(screen.slug, "list"), "back_url": registry.url(screen.slug, "detail", pk=obj.pk),
        "page_title": head_of(screen, obj),
    }  # fmt: skip
    return render(request, "screens/history.html", context)
