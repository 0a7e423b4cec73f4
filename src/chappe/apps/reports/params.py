"""What a report asks of its reader, and what its SQL gets: $month, $first_day, $last_day, $customer, $source, $today."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chappe.apps.customers.models import Customer
from chappe.kit.access.door import visible_to
from chappe.kit.ui.formats import reader_locale

KNOWN = ("month", "customer", "source")
MONTHS_OFFERED = 36
MOST_CHOICES = 2_000
_MONTH = re.compile(r"^\d{4}-(0[1-9]|1[0-2])\Z")


@dataclass(frozen=True)
class Values:
    """The chosen values. ``month`` is always there; ``customer`` and ``source`` are keys or None."""

    month: str
    customer: int | None = None
    source: int | None = None

    def for_sql(self) -> dict[str, Any]:
        """Every parameter that a query may name."""
        first = dt.date.fromisoformat(f"{self.month}-01")
        last = first_of_next(first) - dt.timedelta(days=1)
        return {
            "month": self.month, "first_day": first, "last_day": last, "customer": self.customer, "source": self.source,
            "today": timezone.localdate(),
        }  # fmt: skip

    def months_back(self, count: int) -> list[str]:
        """The month and the ones before it, ``count`` in all; none for 0."""
        day, found = dt.date.fromisoformat(f"{self.month}-01"), []
        for _n in range(count):
            found.append(day.strftime("%Y-%m"))
            day = (day - dt.timedelta(days=1)).replace(day=1)
        return found

    def as_data(self) -> dict[str, Any]:
        return {"month": self.month, "customer": self.customer, "source": self.source}


def first_of_next(first: dt.date) -> dt.date:
    """The first day of the following month."""
    return (first.replace(day=1) + dt.timedelta(days=32)).replace(day=1)


def last_month(today: dt.date | None = None) -> str:
    """The month before this one: what is billed."""
    return ((today or timezone.localdate()).replace(day=1) - dt.timedelta(days=1)).strftime("%Y-%m")


def month_label(month: str) -> str:
    """``octobre 2026``."""
    from babel.dates import format_date

    return str(format_date(dt.date.fromisoformat(f"{month}-01"), "LLLL y", locale=reader_locale()))


class AskForm(forms.Form):
    """The parameters of one report; only those that it names."""

    month = forms.ChoiceField(label=_("Month"))
    customer = forms.ModelChoiceField(
        label=_("Customer"), queryset=Customer.objects.none(), required=False, empty_label=_("All of them")
    )
    source = forms.ChoiceField(label=_("Source"), required=False)

    def __init__(self, *args: Any, report: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in KNOWN:
            if name not in report.parameters:
                del self.fields[name]
        if "month" in self.fields:
            self.fields["month"].choices = month_choices()
            self.fields["month"].initial = last_month()
        if "customer" in self.fields:
            self.fields["customer"].queryset = visible_to(user, Customer).order_by("name")
        if "source" in self.fields:
            self.fields["source"].choices = [("", _("All of them")), *_sources(user)]

    def values(self) -> Values:
        """What was chosen; the form must be valid."""
        data = self.cleaned_data
        customer = data.get("customer")
        return Values(
            data.get("month") or last_month(),
            customer.pk if customer else None,
            int(data["source"]) if data.get("source") else None,
        )


def month_choices() -> list[tuple[str, str]]:
    """This month and the ones before, by name."""
    this = timezone.localdate().strftime("%Y-%m")
    return [(month, month_label(month)) for month in Values(this).months_back(MONTHS_OFFERED)]


def _sources(user: Any) -> list[tuple[str, str]]:
    try:
        model = apps.get_model("collect.Source")
    except LookupError:
        return []
    return [(str(row.pk), str(row)) for row in visible_to(user, model).order_by("name")[:MOST_CHOICES]]


def asked(report: Any, user: Any, given: Mapping[str, Any]) -> tuple[AskForm, Values]:
    """The form filled with what an address says, and its values; what is missing takes its usual value.

    Raises ValidationError when an address names a value that is not there (or not theirs).
    """
    data = {name: given.get(name, "") for name in report.parameters}
    if "month" in data and not data["month"]:
        data["month"] = last_month()
    form = AskForm(data, report=report, user=user)
    if not form.is_valid():
        raise ValidationError([message for errors in form.errors.values() for message in errors])
    return form, form.values()


def is_month(text: str) -> bool:
    return bool(_MONTH.match(text))
