"""Forms of the tariff pages. They check what a person typed; the rules of tariffs are in ``services``."""

import datetime as dt
from pathlib import PurePath
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.parties.models import Operator
from chappe.apps.tariffs import words
from chappe.apps.tariffs.models import TariffPlan, TariffVersion
from chappe.core.base.lang import translate
from chappe.core.tariff.door import FORMATS
from chappe.kit.access.door import is_house, visible_to

SUFFIXES = (".zip", ".csv", ".xlsx", ".txt")
ZONES = (
    "Europe/Paris", "UTC", "America/Cayenne", "America/Guadeloupe", "America/Martinique", "America/Miquelon",
    "Indian/Mayotte", "Indian/Reunion", "Pacific/Noumea", "Pacific/Tahiti", "Pacific/Wallis", "Europe/Brussels",
    "Europe/Luxembourg", "Europe/Zurich", "Europe/Berlin", "Europe/London", "Europe/Madrid", "Europe/Rome",
)  # fmt: skip


def format_choices() -> list[tuple[str, str]]:
    """Formats by their names; first, let the headers say."""
    known = [(slug, translate(form.label, words.language())) for slug, form in FORMATS.items()]
    return [("", str(_("Recognised by its headers"))), *known]


class LoadForm(forms.Form):
    """A file, the plan it belongs to (known or new), how to read it."""

    file = forms.FileField(
        label=_("File"), help_text=_("A zip of the tables of a plan, or one price list as CSV or XLSX.")
    )
    plan = forms.ModelChoiceField(
        label=_("Tariff plan"), queryset=TariffPlan.objects.none(), required=False, empty_label=_("A new plan"),
        help_text=_("The file becomes its next version; the others stay as they are."),
    )  # fmt: skip
    code = forms.CharField(label=_("Code of the new plan"), max_length=60, required=False)
    name = forms.CharField(label=_("Name of the new plan"), max_length=200, required=False)
    owner = forms.ModelChoiceField(
        label=_("Operator of the new plan"), queryset=Operator.objects.none(), required=False, empty_label=_("The house"),
        help_text=_("Its users will see this plan. A plan of the house is seen by the house alone."),
    )  # fmt: skip
    form = forms.ChoiceField(label=_("Format"), required=False, choices=format_choices)
    zone = forms.ChoiceField(
        label=_("Time zone"), required=False,
        choices=lambda: [("", str(_("That of the format"))), *((zone, zone) for zone in ZONES)],
        help_text=_("Whose clock the hours of the plan are. Tables keep each call’s own offset; price lists are in Paris."),
    )  # fmt: skip

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["plan"].queryset = visible_to(user, TariffPlan)
        self.fields["file"].widget.attrs["accept"] = ",".join(SUFFIXES)
        if is_house(user):
            self.fields["owner"].queryset = visible_to(user, Operator)
        else:
            del self.fields["owner"]

    def clean_file(self) -> Any:
        given = self.cleaned_data["file"]
        if PurePath(given.name).suffix.lower() not in SUFFIXES:
            raise ValidationError(_("A tariff plan is a zip, CSV or XLSX file."))
        return given

    def clean_code(self) -> str:
        code = self.cleaned_data["code"].strip()
        if code and not self.data.get(self.add_prefix("plan")):
            known = TariffPlan.objects.filter(code=code).first()
            if known is not None:
                raise ValidationError(_("This code is taken: choose the plan in the list, or another code."))
        return code

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("plan") and not data.get("code") and "code" not in self.errors and "plan" not in self.errors:
            self.add_error("code", _("Choose a plan above, or give the new one a code."))
        return data


def next_midnight() -> dt.datetime:
    """Tonight at midnight, on the house's clock."""
    today = timezone.localtime(timezone=timezone.get_default_timezone())
    day = today.date() + dt.timedelta(days=1)
    return dt.datetime.combine(day, dt.time(), timezone.get_default_timezone())


class ActivateForm(forms.Form):
    """From when on a version is the price of its plan."""

    at = forms.DateTimeField(
        label=pgettext_lazy("tariff", "From"), initial=next_midnight,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M"],
        help_text=_("Calls that start at this very moment or later have these prices, until another version takes over."),
    )  # fmt: skip


class CompareForm(forms.Form):
    """Two versions."""

    a = forms.ModelChoiceField(label=_("Before"), queryset=TariffVersion.objects.none())
    b = forms.ModelChoiceField(label=_("After"), queryset=TariffVersion.objects.none())

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        versions = visible_to(user, TariffVersion).select_related("plan", "content").order_by("plan__code", "-number")
        self.fields["a"].queryset = self.fields["b"].queryset = versions


class NarrowForm(forms.Form):
    """Which changes are shown."""

    subject = forms.ChoiceField(
        label=_("What"), required=False,
        choices=[("", _("Everything")), ("price", _("Prices")), ("timing", _("Timings")), ("profile", _("Profiles"))],
    )  # fmt: skip
    kind = forms.ChoiceField(
        label=pgettext_lazy("tariff", "Change"), required=False,
        choices=[("", pgettext_lazy("tariff", "All")), ("added", _("Added")), ("removed", _("Removed")), ("changed", pgettext_lazy("tariff", "Changed"))],
    )  # fmt: skip
    plan = forms.CharField(
        label=pgettext_lazy("tariff", "Plan"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"list": "tf-plans"}),
    )
    q = forms.CharField(label=_("Destination or prefix"), required=False, max_length=200)
    least = forms.IntegerField(label=_("At least, %"), required=False, min_value=0, max_value=1_000_000)


class SearchForm(forms.Form):
    """A number, in one version or in all that are in force."""

    q = forms.CharField(label=_("Number"), max_length=60)
    version = forms.ModelChoiceField(
        label=_("Tariff"),
        queryset=TariffVersion.objects.none(),
        required=False,
        empty_label=_("All those in force now"),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        versions = visible_to(user, TariffVersion).select_related("plan", "content").order_by("plan__code", "-number")
        self.fields["version"].queryset = versions


class ExplainForm(forms.Form):
    """One imaginary call."""

    version = forms.ModelChoiceField(label=_("Tariff"), queryset=TariffVersion.objects.none())
    tenant = forms.CharField(label=_("Tenant"), max_length=200)
    subject = forms.CharField(
        label=_("Subject"), max_length=200, help_text=_("Who calls: the profile that is asked first.")
    )
    category = forms.CharField(label=_("Category or type of record"), max_length=60, required=False)
    destination = forms.CharField(label=_("Number called"), max_length=60)
    start = forms.CharField(
        label=_("Start"),
        max_length=40,
        help_text=_("Such as 2026-10-31T08:15:00, on the tariff’s clock, or with an offset."),
    )
    usage = forms.CharField(
        label=_("Usage"), max_length=40, help_text=_("Seconds, or 00:03:20; bytes or messages for data and SMS.")
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        versions = visible_to(user, TariffVersion).select_related("plan", "content").order_by("plan__code", "-number")
        self.fields["version"].queryset = versions

    def clean_start(self) -> str:
        text = self.cleaned_data["start"].strip()
        try:
            dt.datetime.fromisoformat(text)
        except ValueError:
            raise ValidationError(_("This moment cannot be read: write it as 2026-10-31T08:15:00.")) from None
        return text

    def clean_usage(self) -> str:
        text = self.cleaned_data["usage"].strip().replace(",", ".")
        parts = text.split(":")
        try:
            numbers = [int(part) for part in parts[:-1]]
            last = float(parts[-1])
        except ValueError:
            last, numbers = -1.0, []
        if last < 0 or len(parts) > 3 or any(number < 0 for number in numbers):
            raise ValidationError(_("A number of seconds, bytes or messages is expected here, or h:mm:ss."))
        if len(parts) == 1:
            return text
        hours, minutes = numbers if len(numbers) == 2 else [0, *numbers]
        whole, _dot, rest = parts[-1].partition(".")
        return f"{hours * 3600 + minutes * 60 + int(whole or 0)}" + (f".{rest}" if rest else "")
