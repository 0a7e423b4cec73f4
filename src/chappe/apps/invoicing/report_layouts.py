"""The layout of the e-reporting files that is in force: the packaged one, or a copy that an operator corrected.

The only writer of copies. A copy is checked whole before it is kept, and again before it is in force.
"""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from chappe.apps.invoicing.access import AREA
from chappe.apps.invoicing.models import ReportLayout
from chappe.core.einvoice import reporting as core
from chappe.core.einvoice import reporting_layout as law
from chappe.core.einvoice.samples import person
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, house_only, require
from chappe.kit.audit.services import created, deleted, event, saved
from chappe.kit.screens.declare import Done

State = ReportLayout.State


def in_force() -> law.Layout:
    """The layout that files are made with now."""
    text = ReportLayout.objects.filter(state=State.ACTIVE).values_list("text", flat=True).first()
    return law.read(text) if text else law.packaged()


def checked(text: str) -> law.Layout:
    """The layout a text says. Raises ValidationError with what is wrong in it."""
    try:
        return law.read(text)
    except law.LayoutFault as error:
        raise ValidationError(
            {"text": _g("This layout cannot be used: %(why)s") % {"why": str(error)[:300]}}
        ) from error


def create(*, actor: Actor, data: dict[str, Any]) -> ReportLayout:
    """Keep a corrected copy as a draft."""
    _may(actor)
    checked(data["text"])
    row = ReportLayout(note=data["note"], text=data["text"], created_by=actor.user)
    row.full_clean()
    row.save()
    created(actor, row)
    return row


def update(*, actor: Actor, object: ReportLayout, data: dict[str, Any]) -> ReportLayout:
    """Correct a draft. What was once active stays as it was: write another copy."""
    _may(actor)
    if ReportLayout.objects.get(pk=object.pk).state != State.DRAFT:
        raise ValidationError(_g("This layout was in force: write a new copy instead."))
    checked(data.get("text", object.text))
    saved(actor, object, data)
    return object


def delete(*, actor: Actor, object: ReportLayout) -> None:
    """Throw a draft away."""
    _may(actor)
    if object.state != State.DRAFT:
        raise ValidationError(_g("A layout that was in force is kept for the history."))
    deleted(actor, object)
    object.delete()


def activate(*, actor: Actor, objects: list[ReportLayout]) -> Done:
    """Make the files with this copy from now on; those deposited stay as they are."""
    _may(actor)
    [row] = objects
    checked(row.text)
    with transaction.atomic():
        ReportLayout.objects.filter(state=State.ACTIVE).exclude(pk=row.pk).update(state=State.RETIRED)
        row.state, row.activated_at = State.ACTIVE, timezone.now()
        row.save(update_fields=["state", "activated_at"])
        event(actor, row, "invoicing.layout-activated")
    return Done(_g("The next files are made with this layout. Gather again those that are not deposited."))


def retire(*, actor: Actor, objects: list[ReportLayout]) -> Done:
    """Back to the packaged layout."""
    _may(actor)
    [row] = objects
    with transaction.atomic():
        row.state = State.RETIRED
        row.save(update_fields=["state"])
        event(actor, row, "invoicing.layout-retired")
    return Done(_g("The next files are made with the packaged layout."))


def why_not_activate(row: ReportLayout, _user: Any) -> Any:
    """What is wrong in a copy."""
    try:
        checked(row.text)
    except ValidationError as error:
        return " ".join(error.messages)
    return None


def _may(actor: Actor) -> None:
    house_only(actor.user)
    if actor.user is not None:
        require(actor.user, AREA, Level.ADMIN)


def example(row: ReportLayout, _user: Any) -> dict[str, Any]:
    """What a file of this layout looks like, beside what is in force: a day's sale to a private person."""
    try:
        layout = checked(row.text)
    except ValidationError as error:
        return {"problem": " ".join(error.messages), "text": row.text}
    return {"text": row.text, "sides": [(_("With this layout"), _drawn(layout)), (_("As packaged"), _drawn(law.packaged()))]}  # fmt: skip


def _drawn(layout: law.Layout) -> str:
    period = core.period_of(dt.date(2026, 11, 3), core.TRANSACTIONS, "monthly", layout)
    report = core.Report(period, "812345676", "Saône Télécom", core.transactions([person()], layout))
    return core.as_xml(report, layout).decode()


class LayoutForm(forms.ModelForm):
    """The text begins as what is in force."""

    class Meta:
        model = ReportLayout
        fields = ("note", "text")
        widgets = {"text": forms.Textarea(attrs={"rows": 30, "class": "iv-toml", "spellcheck": "false"})}
        help_texts = {
            "note": _("One line, for whoever reads the history."),
            "text": _("Names of elements, codes, order, days of deposit. It is checked before it is kept."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk and not self.is_bound:
            kept = ReportLayout.objects.filter(state=State.ACTIVE).values_list("text", flat=True).first()
            self.initial.setdefault("text", kept or law.packaged_text())
