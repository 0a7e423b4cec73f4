"""The form where a report is written: titles, query, parameters, and one line a column for its format."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from chappe.apps.reports import params, present
from chappe.apps.reports.models import Report, ReportSchedule
from chappe.kit.screens.forms import capitals

_PARTS = re.compile(r"\s*\|\s*")
PARAMETERS = {
    "month": _("the month: $month, $first_day, $last_day"),
    "customer": _("a customer, or all: $customer"),
    "source": _("a source, or all: $source"),
}


class ReportForm(forms.ModelForm):
    """What an administrator writes. Columns are lines of text: ``name | label | format | decimals | total``."""

    parameters = forms.MultipleChoiceField(
        label=_("What it asks"), required=False, choices=list(PARAMETERS.items()), widget=forms.CheckboxSelectMultiple
    )
    columns_text = forms.CharField(
        label=_("Columns"), required=False, widget=forms.Textarea(attrs={"rows": 8, "class": "rp-code", "spellcheck": "false"}),
        help_text=_("One a line: name | title | format | decimals | total. What is not said is guessed."),
    )  # fmt: skip
    note = forms.CharField(
        label=_("What you changed"), required=False, max_length=200, help_text=_("Kept with the version.")
    )

    class Meta:
        model = Report
        fields = [
            "title", "title_en", "menu_title", "section", "description", "description_en", "sql", "parameters", "months", "is_landscape", "position",
        ]  # fmt: skip
        widgets = {
            "sql": forms.Textarea(
                attrs={"rows": 18, "class": "rp-code", "spellcheck": "false", "autocapitalize": "off"}
            )
        }
        help_texts = {"months": _("How many months of calls, up to the month asked, the table “calls” holds.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        capitals(self.fields.values())
        if self.instance.pk is not None:
            self.fields["columns_text"].initial = columns_as_text(self.instance.columns)

    def clean_columns_text(self) -> dict[str, Any]:
        return columns_from_text(self.cleaned_data["columns_text"], self.instance.columns or {})

    def clean_parameters(self) -> list[str]:
        return [name for name in params.KNOWN if name in self.cleaned_data["parameters"]]

    def content(self) -> dict[str, Any]:
        """What the verb takes; the form must be valid."""
        data = {name: self.cleaned_data[name] for name in self.Meta.fields}
        return {**data, "columns": self.cleaned_data["columns_text"]}

    def _post_clean(self) -> None:
        """The verb checks the whole row."""


def columns_as_text(columns: dict[str, Any]) -> str:
    """One line a column."""
    lines = []
    for name, said in columns.items():
        parts = [
            name,
            said.get("label", ""),
            said.get("kind", ""),
            str(said.get("decimals", "")),
            "total" if said.get("total") else "",
        ]
        while parts and not parts[-1]:
            parts.pop()
        lines.append(" | ".join(parts))
    return "\n".join(lines)


def columns_from_text(text: str, known: dict[str, Any]) -> dict[str, Any]:
    """The columns back from their lines; English titles and widths that were there stay. Raises ValidationError."""
    columns: dict[str, Any] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        name, label, kind, decimals, total = (*_PARTS.split(line.strip()), "", "", "", "")[:5]
        said = {key: value for key, value in known.get(name, {}).items() if key in {"label_en", "width"}}
        if known.get(name, {}).get("label") != label:
            said.pop("label_en", None)
        said |= {"label": label} if label else {}
        said |= {"kind": kind} if kind else {}
        if decimals:
            if not decimals.isdigit():
                raise ValidationError(
                    _("Line %(n)d: “%(text)s” is no number of decimals."), params={"n": number, "text": decimals}
                )
            said["decimals"] = int(decimals)
        if total:
            said["total"] = True
        columns[name] = said
    try:
        present.check(columns)
    except ValidationError as error:
        raise ValidationError(error.messages) from error
    return columns


class ScheduleForm(forms.ModelForm):
    """A report mailed by the clock."""

    class Meta:
        model = ReportSchedule
        fields = [
            "owner", "report", "cadence", "weekday", "day", "hour", "format", "customer", "recipients", "subject", "only_if_rows", "active",
        ]  # fmt: skip
        widgets = {"recipients": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        capitals(self.fields.values())
        self.fields["report"].queryset = Report.objects.filter(active=True)
        if user is not None and user.organisation_id is not None:
            del self.fields["owner"]

    def _post_clean(self) -> None:
        """The verb makes and checks the row."""
