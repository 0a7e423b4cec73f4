"""Forms of publication: files made by hand, files made again."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.publication.models import Flow, Kind, Recipient
from chappe.kit.screens.forms import InParts, capitals


class MakeForm(forms.Form):
    """Which files, up to which day, for whom."""

    kind = forms.ChoiceField(label=_("Kind"), choices=Kind.choices, widget=forms.RadioSelect, initial=Kind.FULL)
    flows = forms.MultipleChoiceField(
        label=_("Flows"), choices=Flow.choices, widget=forms.CheckboxSelectMultiple, initial=list(Flow.values)
    )
    day = forms.DateField(
        label=_("Until"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_(
            "Full: as the network stood that evening. Delta: what changed that day. Histo: the month up to that day."
        ),
    )
    recipients = forms.ModelMultipleChoiceField(
        label=pgettext_lazy("a form", "Recipients"),
        queryset=Recipient.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Recipient.objects.filter(active=True).select_related("operator")
        field: Any = self.fields["recipients"]
        field.queryset, field.initial = rows, rows
        self.fields["day"].initial = timezone.localdate() - dt.timedelta(days=1)

    def clean_day(self) -> dt.date:
        """A day that is not over can be told, one that has not come cannot."""
        day: dt.date = self.cleaned_data["day"]
        if day > timezone.localdate():
            raise ValidationError(_("This day has not come yet."))
        return day


class RecipientForm(InParts, forms.ModelForm):
    """What a recipient receives, how and where: a long form, shown in parts."""

    groups = (
        (_("Who"), ("operator", "active", "oi_code", "place")),
        (_("What it receives"), ("ipe", "cpn", "full", "delta", "histo", "ztd", "zmd", "communes", "pms")),
        (_("How its files are written"), ("encoding", "decimal", "filler")),
        (_("Hand-over and archive"), ("hand_over", "folder", "hour", "keep_months")),
    )

    class Meta:
        model = Recipient
        fields = (
            "operator", "active", "oi_code", "place", "ipe", "cpn", "full", "delta", "histo", "ztd", "zmd", "communes", "pms", "encoding",
            "decimal", "filler", "hand_over", "folder", "hour", "keep_months",
        )  # fmt: skip
        widgets = {"communes": forms.Textarea(attrs={"rows": 2}), "pms": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        capitals(self.fields.values())


class AgainForm(forms.Form):
    """Why a file is made again: the archive keeps it."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=250,
        help_text=_("Kept beside the new file. When the bytes are the same, no file is added."),
    )
