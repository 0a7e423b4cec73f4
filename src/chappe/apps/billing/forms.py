"""Forms of billing: kinds of numbers and tiers typed by people, what actions ask. They check what is typed; rules are in the verbs."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chappe.apps.billing.models import Bundle, Commitment, Discount, ProductPrice, Purchase, Series
from chappe.apps.billing.models.words import CallKind, Nature, RateClass, Section
from chappe.apps.customers.models import Customer, Line
from chappe.core.billing.charges import tiers_from
from chappe.core.billing.periods import add_months
from chappe.kit.access.door import visible_to
from chappe.kit.screens.forms import MoneyField, capitals

USUAL_KINDS = [row for row in CallKind.choices if row[0] not in {"free", "internal"}]


def _day(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **more)


class Capital(forms.ModelForm):
    """Labels that begin with a capital, days picked in a calendar."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        capitals(self.fields.values())
        for field in self.fields.values():
            if isinstance(field, forms.DateField):
                field.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class TiersField(forms.CharField):
    """Tiers typed one a line, “10 : 5,00” up to ten units at five euros; “: 3,00” beyond; kept as JSON."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "\n".join(
            " : ".join(
                [str(row.get("up_to") or ""), str(row.get("price")), *([str(row["flat"])] if row.get("flat") else [])]
            )
            for row in value
        )

    def to_python(self, value: Any) -> list[dict[str, Any]]:
        if isinstance(value, list):
            return value
        rows = []
        for line in str(value or "").splitlines():
            if not line.strip():
                continue
            bound, *rest = [part.strip().replace(",", ".") for part in line.split(":")]
            if len(rest) not in {1, 2}:
                raise ValidationError(_("Write each tier as “10 : 5.00”; the last one as “: 3.00”."))
            row: dict[str, Any] = {"up_to": bound or None, "price": rest[0]}
            if len(rest) == 2:
                row["flat"] = rest[1]
            rows.append(row)
        if rows:
            try:
                tiers_from(rows)
            except (ValueError, ArithmeticError) as error:
                raise ValidationError(_("Bounds must rise and the last tier must have none.")) from error
        return rows


class PriceForm(Capital):
    """A dated price."""

    price = MoneyField(label=_("Price"), help_text=_("Excluding VAT, for one unit and one period."), initial=0)
    cost = MoneyField(label=_("Purchase cost"), required=False, help_text=_("What it costs us, for the margin."))
    tiers = TiersField(
        label=_("Tiers"), required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One a line: upper bound, a colon, price of a unit. The last one has no bound."),
    )  # fmt: skip

    class Meta:
        model = ProductPrice
        fields = ["product", "starts_on", "charge", "price", "tiers", "cost"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if (
            data.get("charge") in {"graduated", "volume", "package"}
            and not data.get("tiers")
            and "tiers" not in self.errors
        ):
            self.add_error("tiers", _("This model needs its tiers."))
        return data


class BundleForm(Capital):
    """Free minutes of a product."""

    kinds = forms.MultipleChoiceField(
        label=_("Communications"), choices=USUAL_KINDS, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Bundle
        fields = ["product", "name", "kinds", "minutes", "is_shared", "is_prorated", "rank"]


class DiscountForm(Capital):
    """A discount of a customer."""

    kinds = forms.MultipleChoiceField(
        label=_("Communications"), choices=USUAL_KINDS, widget=forms.CheckboxSelectMultiple, required=False
    )
    amount = MoneyField(label=_("Amount a month"), required=False)

    class Meta:
        model = Discount
        fields = [
            "customer",
            "name",
            "target",
            "section",
            "product",
            "kinds",
            "percent",
            "amount",
            "starts_on",
            "ends_on",
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if (data.get("percent") is None) == (data.get("amount") is None):
            raise ValidationError(_("A percentage or an amount, one of the two."))
        needed = {"section": "section", "product": "product"}.get(str(data.get("target")))
        if needed and not data.get(needed):
            self.add_error(needed, _("Say which one."))
        return data


class CommitmentForm(Capital):
    """A minimum a month."""

    sections = forms.MultipleChoiceField(
        label=_("Sections counted"), choices=Section.choices, widget=forms.CheckboxSelectMultiple, required=False,
        help_text=_("None: all of them."),
    )  # fmt: skip
    amount = MoneyField(label=_("Minimum a month"))

    class Meta:
        model = Commitment
        fields = ["customer", "name", "sections", "amount", "starts_on", "ends_on"]


class PurchaseForm(Capital):
    """What a customer buys."""

    price = MoneyField(label=_("Agreed price"), required=False, help_text=_("Instead of the price of the product."))

    class Meta:
        model = Purchase
        fields = [
            "customer", "line", "product", "label", "quantity", "counts", "price", "starts_on", "ends_on", "bills_from",
            "follows_line", "reference",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["line"].queryset = Line.objects.filter(
                assignments__customer=self.instance.customer_id
            ).distinct()


class RunForm(forms.Form):
    """A new run."""

    month = forms.DateField(
        label=_("Month"), input_formats=["%Y-%m", "%Y-%m-%d"], widget=forms.DateInput(attrs={"type": "month"}, format="%Y-%m"),
        help_text=_("Its communications are billed, with the subscriptions of the month after."),
    )  # fmt: skip
    issue_date = _day(_("Date of the invoices"))
    series = forms.ModelChoiceField(label=_("Series of numbers"), queryset=Series.objects.none(), required=False)
    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    lookback = forms.IntegerField(
        label=_("Months looked back"), min_value=0, max_value=12, initial=3,
        help_text=_("How far late calls and corrections are searched. 0 for a first run."),
    )  # fmt: skip
    only = forms.ModelMultipleChoiceField(
        label=_("Only these customers"), queryset=Customer.objects.none(), required=False,
        help_text=_("None chosen: every billable customer."), widget=forms.SelectMultiple(attrs={"size": 6}),
    )  # fmt: skip

    def __init__(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        self.fields["month"].initial = add_months(today.replace(day=1), -1)
        self.fields["issue_date"].initial = today
        own = user.organisation_id if user is not None else None
        self.fields["series"].queryset = visible_to(user, Series).filter(owner=own)
        self.fields["only"].queryset = visible_to(user, Customer).filter(owner=own, billable=True)


class LineOfInvoiceForm(forms.Form):
    """A line added by hand."""

    label = forms.CharField(label=_("Label"), max_length=250)
    price = MoneyField(label=_("Unit price"), help_text=_("Excluding VAT. Negative: it gives back."))
    quantity = forms.DecimalField(label=_("Quantity"), initial=1, min_value=0.0001, max_digits=12, decimal_places=4)
    section = forms.ChoiceField(label=_("Section"), choices=Section.choices, initial=Section.ONE_OFF)
    rate_class = forms.ChoiceField(label=_("VAT rate"), choices=RateClass.choices)
    nature = forms.ChoiceField(label=_("Nature"), choices=Nature.choices)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)


class NoteForm(forms.Form):
    """A note printed on an invoice."""

    note = forms.CharField(label=_("Note"), widget=forms.Textarea(attrs={"rows": 3}), required=False, max_length=1000)


class ParkForm(forms.Form):
    """Why a customer is put aside."""

    sentence = forms.CharField(label=_("Why"), max_length=300)


class AmendForm(forms.Form):
    """Why an invoice is amended, and when."""

    reason = forms.CharField(label=_("Reason"), max_length=300, help_text=_("Printed on the document."))
    issue_date = _day(_("Date"), initial=timezone.localdate)


class CreditForm(AmendForm):
    """A credit note on the whole of an invoice."""

    bill_again = forms.BooleanField(
        label=_("Cancel and bill again"), required=False,
        help_text=_("The next run bills these lines anew, as things are then. Without it, they stay settled."),
    )  # fmt: skip


class SingleForm(forms.Form):
    """An invoice out of any run."""

    customer = forms.ModelChoiceField(label=_("Customer"), queryset=Customer.objects.none())
    issue_date = _day(_("Date"), initial=timezone.localdate)

    def __init__(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["customer"].queryset = visible_to(user, Customer).filter(billable=True)


class ArchiveForm(forms.Form):
    """A period to archive."""

    first_day = _day(_("From"))
    last_day = _day(_("Until"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first = timezone.localdate().replace(day=1)
        self.fields["first_day"].initial = add_months(first, -1)
        self.fields["last_day"].initial = first - dt.timedelta(days=1)


class TickForm(forms.Form):
    """A step looked at."""

    note = forms.CharField(label=_("Note"), max_length=300, required=False)
