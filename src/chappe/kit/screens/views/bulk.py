"""Acts on many rows: chosen ones, or all that the list shows. Ask the values, show the number, then do it whole.

Three steps on one address, each a POST: the form, the confirmation, the act. One transaction: a refusal of one
row leaves all as they were, and names the row.
"""

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, may_touch
from chappe.kit.screens import registry, rights, words
from chappe.kit.screens.cells import head_of
from chappe.kit.screens.declare import Action, Done, Screen
from chappe.kit.screens.forms import add_refusal, build_form, secret_fields
from chappe.kit.screens.listing import Listing
from chappe.kit.ui import formats

from .act import action_form, action_or_404, finish
from .base import as_refusal, on_screen, query_of, refusals, refuse_unless, safe_back

EDIT = "edit"
BULK_LIMIT = 10_000  # rows of one act: they are locked together, and the reader waits for them


@dataclass
class Chosen:
    """The rows an act is about, as the reader chose them."""

    rows: QuerySet
    number: int
    everything: bool
    query: QueryDict
    pks: list[str] = field(default_factory=list)


@require_POST
@on_screen()
def bulk(request: HttpRequest, screen: Screen, name: str) -> HttpResponseBase:
    """``name`` is "edit" or a bulk action. ``step``: ask (by default), confirm, do."""
    act = None if name == EDIT else action_or_404(screen, name)
    if act is None:
        refuse_unless(bool(screen.bulk_fields) and rights.may_change_any(screen, request.user))
    else:
        refuse_unless(act.bulk and rights.may_perform(screen, act, request.user))
    chosen = _chosen(request, screen)
    back = safe_back(request, registry.url(screen.slug, "list") + "?" + chosen.query.urlencode())
    problem = _problem(chosen)
    if problem:
        messages.error(request, problem)
        return HttpResponseRedirect(back)
    return _edit(request, screen, chosen, back) if act is None else _act(request, screen, act, chosen, back)


def _chosen(request: HttpRequest, screen: Screen) -> Chosen:
    query = query_of(request)
    listing = Listing(screen, request.user, query)
    everything = request.POST.get("all") == "1"
    pks = [] if everything else [pk for pk in dict.fromkeys(request.POST.getlist("pk")) if len(pk) <= 64]
    rows = listing.rows
    if not everything:
        rows = Listing(screen, request.user, QueryDict()).base.filter(pk__in=_keys(screen, pks))
    return Chosen(rows, rows[: BULK_LIMIT + 1].count() if everything else rows.count(), everything, query, pks)


def _keys(screen: Screen, pks: list[str]) -> list[Any]:
    found = []
    for pk in pks:
        try:
            found.append(screen.model._meta.pk.to_python(pk))
        except ValidationError:
            continue
    return found


def _problem(chosen: Chosen) -> str:
    if chosen.number == 0:
        return _("No row is chosen. Tick the rows first, or choose them all.")
    if chosen.number > BULK_LIMIT:
        return _("More than %(limit)s rows are chosen; narrow the list first.") % {"limit": formats.number(BULK_LIMIT)}
    return ""


def _context(screen: Screen, chosen: Chosen, back: str, **more: Any) -> dict[str, Any]:
    return {
        "screen": screen, "chosen": chosen, "back_url": back, "query": chosen.query.urlencode(), "page_title": screen.label,
        "count_text": words.rows(chosen.number), "number": chosen.number, "sample": [str(row) for row in chosen.rows[:5]], **more,
    }  # fmt: skip


def _moved(request: HttpRequest, chosen: Chosen) -> str:
    """A sentence when the number of rows is no longer the one that was confirmed."""
    seen = request.POST.get("count", "")
    if seen.isdecimal() and int(seen) == chosen.number:
        return ""
    return _("The list has changed since you confirmed: look at the number again.")


def _edit(request: HttpRequest, screen: Screen, chosen: Chosen, back: str) -> HttpResponseBase:
    step = request.POST.get("step", "")
    names = [name for name in request.POST.getlist("set") if name in screen.bulk_fields]
    fields = [name for name in screen.bulk_fields if name not in secret_fields(screen)]
    wide = build_form(screen, request.user, fields=fields)
    form = build_form(screen, request.user, fields=names, data=request.POST) if step and names else None
    errors: list[str] = []
    if form is not None:
        _only_values(form)
        if form.is_valid() and step == "do":
            errors = _try(request, screen, chosen, {name: form.cleaned_data[name] for name in names})
            if not errors:
                return HttpResponseRedirect(back)
            step = "confirm"
        if form.is_valid():
            values = [(form.fields[name].label, _shown(form, name)) for name in names]
            context = _context(
                screen, chosen, back, values=values, form=form, names=names, errors=errors, act_name=EDIT
            )
            return render(
                request,
                "screens/bulk_confirm.html",
                context | {"title": _("Change %(rows)s?") % {"rows": words.rows(chosen.number)}},
            )
        for name in names:
            wide.fields[name] = form.fields[name]
        wide.is_bound, wide.data, wide._errors, wide.cleaned_data = True, request.POST, form.errors, {}
    elif step:
        errors = [_("Choose at least one value to set.")]
    context = _context(screen, chosen, back, form=wide, names=names, errors=errors, act_name=EDIT)
    return render(
        request,
        "screens/bulk_edit.html",
        context | {"title": _("Edit %(rows)s") % {"rows": words.rows(chosen.number)}},
        status=422 if step else 200,
    )


def _try(request: HttpRequest, screen: Screen, chosen: Chosen, values: dict[str, Any]) -> list[str]:
    """Write the values on the chosen rows; the refusals when they are not written, none of them."""
    moved = _moved(request, chosen)
    if moved:
        return [moved]
    try:
        number = _write(request, screen, chosen, values)
    except ValidationError as error:
        return refusals(error)
    done = ngettext("%(count)s row is changed.", "%(count)s rows are changed.", number)
    messages.success(request, done % {"count": formats.number(number)})
    return []


def _only_values(form: forms.BaseForm) -> None:
    """Check the values alone: the rule of a whole row is asked of each row by the verb."""
    form._post_clean = lambda: None  # type: ignore[attr-defined]


def _shown(form: forms.BaseForm, name: str) -> str:
    value, field_ = form.cleaned_data[name], form.fields[name]
    if value in (None, "", []):
        return _("empty")
    if isinstance(value, bool):
        return words.yes_no(value)
    choices = getattr(field_, "choices", None)
    if choices is not None and not hasattr(value, "pk") and not hasattr(value, "all"):
        return str(dict(choices).get(value, value))
    if hasattr(value, "all"):
        return ", ".join(map(str, value))
    return str(field_.prepare_value(value) if not hasattr(value, "pk") else value)


def _write(request: HttpRequest, screen: Screen, chosen: Chosen, values: dict[str, Any]) -> int:
    """Set ``values`` on every chosen row through the update verb; the number of rows. All or none."""
    assert screen.update is not None
    actor = Actor.of(request, detail=_("bulk edit"))
    with transaction.atomic():
        rows = locked_rows(screen, chosen)
        for row in rows:
            _allowed(screen, request.user, row, Level.WRITE)
            try:
                screen.update(actor=actor, object=row, data=dict(values))
            except (ValidationError, PermissionDenied) as error:
                raise ValidationError(
                    [f"{head_of(screen, row)} : {text}" for text in refusals(as_refusal(error))]
                ) from error
    return len(rows)


def locked_rows(screen: Screen, chosen: Chosen) -> list[Any]:
    """The chosen rows, read anew and held, always in the order of their keys so that two acts cannot block each other."""
    keys = list(chosen.rows.order_by("pk").values_list("pk", flat=True)[:BULK_LIMIT])
    manager = screen.model._default_manager
    found: list[Any] = []
    for start in range(0, len(keys), 500):
        part = manager.filter(pk__in=keys[start : start + 500]).order_by("pk").select_for_update(of=("self",))
        found.extend(part)
    return found


def _allowed(screen: Screen, user: Any, row: Any, level: int) -> None:
    if not may_touch(user, row, level):
        raise ValidationError(_("%(name)s is not yours to change.") % {"name": head_of(screen, row)})


def _act(request: HttpRequest, screen: Screen, act: Action, chosen: Chosen, back: str) -> HttpResponseBase:
    step = request.POST.get("step", "")
    form = action_form(act, request, bound=bool(step))
    errors: list[str] = []
    blocked = _blocked(screen, act, chosen, request.user)
    if step == "do" and not blocked and (form is None or form.is_valid()):
        moved = _moved(request, chosen)
        if moved:
            errors = [moved]
        else:
            try:
                done = _perform(request, screen, act, chosen, form.cleaned_data if form else {})
            except ValidationError as error:
                if form is not None:
                    add_refusal(form, error)
                else:
                    errors = refusals(error)
            else:
                return finish(request, done, back)
    context = _context(screen, chosen, back, action=act, form=form, errors=errors, blocked=blocked, act_name=act.name)
    title = _("%(action)s: %(rows)s") % {"action": act.label, "rows": words.rows(chosen.number)}
    return render(request, "screens/bulk_action.html", context | {"title": title}, status=422 if step else 200)


def _blocked(screen: Screen, act: Action, chosen: Chosen, user: Any) -> list[str]:
    """Why some of the rows cannot, one line a reason, with the first names."""
    if act.why_not is None:
        return []
    reasons: dict[str, list[str]] = {}
    for row in chosen.rows[:BULK_LIMIT]:
        why = act.why_not(row, user)
        if why:
            reasons.setdefault(str(why), []).append(head_of(screen, row))
    return [
        f"{why} ({', '.join(names[:3])}{f'… {formats.number(len(names))}' if len(names) > 3 else ''})"
        for why, names in reasons.items()
    ]


def _perform(request: HttpRequest, screen: Screen, act: Action, chosen: Chosen, values: dict[str, Any]) -> Done:
    with transaction.atomic():
        rows = locked_rows(screen, chosen)
        for row in rows:
            _allowed(screen, request.user, row, act.level)
        return act.perform(actor=Actor.of(request), objects=rows, **values)
