"""The layout of the e-reporting files that is in force: the packaged one, or a copy that an operator corrected.

A copy is checked whole, and a file of it drawn, before it is kept and again before it is in force.
"""

import datetime as dt
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from chappe.apps.invoicing.models import ReportLayout
from chappe.core.einvoice import reporting as core
from chappe.core.einvoice import reporting_layout as law
from chappe.core.einvoice.samples import person
from chappe.kit.access.actor import Actor
from chappe.kit.documents.copies import Copies
from chappe.kit.screens.declare import Done


def in_force() -> law.Layout:
    """The layout that files are made with now."""
    text = COPIES.text()
    return law.read(text) if text else law.packaged()


def checked(text: str) -> law.Layout:
    """The layout a text says. Raises ValidationError with what is wrong in it."""
    try:
        layout = law.read(text)
        _drawn(layout)
    except law.LayoutFault as error:
        raise _unusable(error.sentence(get_language() or "fr")) from error
    except ValueError as error:  # what XML refuses beside: a prefix that it keeps for itself
        raise _unusable(str(error)[:300]) from error
    return layout


def _unusable(why: str) -> ValidationError:
    return ValidationError({"text": _g("This layout cannot be used: %(why)s") % {"why": why}})


COPIES = Copies(
    model=ReportLayout, check=lambda copy: checked(copy.text),
    activated="invoicing.layout-activated", retired="invoicing.layout-retired",
)  # fmt: skip


def activate(*, actor: Actor, objects: list[ReportLayout]) -> Done:
    """Make the files with this copy from now on; those deposited stay as they are."""
    COPIES.activate(actor=actor, copy=objects[0])
    return Done(_g("The next files are made with this layout. Gather again those that are not deposited."))


def retire(*, actor: Actor, objects: list[ReportLayout]) -> Done:
    """Back to the packaged layout."""
    COPIES.retire(actor=actor, copy=objects[0])
    return Done(_g("The next files are made with the packaged layout."))


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

    class Media:
        css: ClassVar = {"all": ("invoicing/layout.css",)}

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
            self.initial.setdefault("text", COPIES.text() or law.packaged_text())
