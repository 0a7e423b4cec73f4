"""What people are asked: a rule, what an alert was, why a suspension, over which days a rule is tried."""

import datetime as dt
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chappe.apps.customers.models import Customer
from chappe.apps.usage.choices import KINDS
from chappe.apps.watch.access import AREA
from chappe.apps.watch.kinds import NEEDS, Counter
from chappe.apps.watch.models import Alert, Rule
from chappe.kit.access.door import Level, is_house, may, visible_to
from chappe.kit.access.models import User
from chappe.kit.screens.forms import InParts, capitals

MOST_TRIED = 92  # days of a trial
#: Fields of a rule that only some counters use; a script hides the others, and without it all are shown.
USED_BY = {
    name: " ".join(counter for counter, needs in NEEDS.items() if wanted(counter, needs))
    for name, wanted in (
        ("window", lambda _counter, needs: needs.windowed), ("amount", lambda _counter, needs: needs.amount),
        ("past_days", lambda _counter, needs: needs.past), ("period", lambda counter, _needs: counter == Counter.SPEND),
        ("short_seconds", lambda counter, _needs: counter == Counter.SHORT),
    )
}  # fmt: skip
HOURS = ("days", "hour_from", "hour_to")
GROUPS = (
    (_("The rule"), ("name", "owner", "active")),
    (_("What is watched"), ("counter", "per", "customer", "number_kinds", "prefixes")),
    (_("When"), ("moments", *HOURS)),
    (_("What it takes"), ("warning", "critical", "window", "amount", "period", "past_days", "short_seconds")),
    (_("Who is told"), ("emails", "cooldown", "propose", "notes")),
)
SILENCES = [
    (4, _("4 hours")), (24, _("A day")), (72, _("3 days")), (168, _("A week")), (720, _("30 days")),
]  # fmt: skip
FIELDS = (
    "name", "counter", "active", "owner", "customer", "per", "number_kinds", "prefixes", "moments", "days", "hour_from", "hour_to",
    "window", "warning", "critical", "amount", "period", "past_days", "short_seconds", "emails", "cooldown", "propose", "notes",
)  # fmt: skip


class RuleForm(InParts, forms.ModelForm):
    """A rule. Kinds of numbers are ticked; they are kept as a list of words."""

    groups = GROUPS

    number_kinds = forms.MultipleChoiceField(
        label=_("Kinds of numbers"), required=False, choices=KINDS, widget=forms.CheckboxSelectMultiple,
        help_text=_("A call counts when its number is of one of these kinds, or begins with one of the prefixes."),
    )  # fmt: skip

    class Media:
        css: ClassVar = {"all": ("watch/rule.css",)}
        js = ("watch/rule.js",)

    class Meta:
        model = Rule
        fields = FIELDS
        widgets = {
            "prefixes": forms.Textarea(attrs={"rows": 2}), "emails": forms.Textarea(attrs={"rows": 2}), "notes": forms.Textarea(attrs={"rows": 3}),
        }  # fmt: skip

    def __init__(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["customer"].queryset = visible_to(user, Customer) if user is not None else Customer.objects.all()
        if user is not None and not is_house(user):
            del self.fields["owner"]
        if self.instance.pk:
            self.initial["number_kinds"] = self.instance.kind_list()
        for name, field in self.fields.items():
            if name in USED_BY:
                field.widget.attrs["data-counters"] = USED_BY[name]
            elif name in HOURS:
                field.widget.attrs["data-hours"] = ""
        capitals(self.fields.values())

    def clean_number_kinds(self) -> str:
        return ", ".join(self.cleaned_data["number_kinds"])


class CloseForm(forms.Form):
    """What it was."""

    outcome = forms.ChoiceField(label=_("What it was"), choices=[("", "–"), *Alert.Outcome.choices])
    comment = forms.CharField(
        label=_("Comment"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class ProposeForm(forms.Form):
    """Why."""

    note = forms.CharField(label=_("Why"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


class MuteForm(forms.Form):
    """For how long, and why."""

    hours = forms.TypedChoiceField(label=_("For how long"), choices=SILENCES, coerce=int, initial=24)
    reason = forms.CharField(label=_("Why"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class GiveForm(forms.Form):
    """To whom: people of the same operator who may handle alerts."""

    to = forms.ModelChoiceField(label=_("To whom"), queryset=User.objects.none())
    note = forms.CharField(
        label=_("What they should know"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True, organisation=user.organisation)
        able = [person.pk for person in people if may(person, AREA, Level.WRITE)]
        self.fields["to"].queryset = people.filter(pk__in=able).order_by("last_name", "username")


class TrialForm(forms.Form):
    """Which rule, over which days, with which thresholds instead of its own."""

    rule = forms.ModelChoiceField(label=_("Rule"), queryset=Rule.objects.none())
    begin = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    end = forms.DateField(label=_("To"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    warning = forms.DecimalField(
        label=_("Warning from"), required=False, min_value=Decimal(0), max_digits=12, decimal_places=3
    )
    critical = forms.DecimalField(
        label=_("Critical from"), required=False, min_value=Decimal(0), max_digits=12, decimal_places=3
    )
    window = forms.IntegerField(label=_("Window (minutes)"), required=False, min_value=1, max_value=1440)
    amount = forms.DecimalField(
        label=_("Amount (€)"), required=False, min_value=Decimal(0), max_digits=12, decimal_places=2
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rule"].queryset = visible_to(user, Rule).order_by("name")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        begin, end = data.get("begin"), data.get("end")
        if begin and end and end < begin:
            self.add_error("end", _("The last day is before the first."))
        elif begin and end and (end - begin).days >= MOST_TRIED:
            self.add_error("end", _("Three months (92 days) at most."))
        return data

    def tuned(self) -> Rule:
        """The rule with the asked values, not kept. Raises ValidationError when it could not speak."""
        rule: Rule = self.cleaned_data["rule"]
        for name in ("warning", "critical", "window", "amount"):
            if self.cleaned_data.get(name) is not None:
                setattr(rule, name, self.cleaned_data[name])
        rule.clean()
        return rule


def last_month() -> tuple[dt.date, dt.date]:
    """First and last day of the month before this one."""
    end = timezone.localdate().replace(day=1) - dt.timedelta(days=1)
    return end.replace(day=1), end


__all__ = ["FIELDS", "CloseForm", "GiveForm", "MuteForm", "ProposeForm", "RuleForm", "TrialForm", "last_month"]
