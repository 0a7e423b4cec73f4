"""What the acts and pages of payments ask."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chappe.apps.customers.models import Customer
from chappe.apps.parties.models import Operator
from chappe.apps.payments.models import BankLayout, Mandate, Payment
from chappe.core.sepa.returns import REASONS, words
from chappe.kit.access.door import is_house, visible_to
from chappe.kit.screens.forms import MoneyField, capitals


def day_field(label: Any, **more: Any) -> forms.DateField:
    # The browser's own field of a date knows one notation, whatever the reader's language.
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, initial=timezone.localdate, **more)


class WhyForm(forms.Form):
    """Why: it stays in the journal."""

    why = forms.CharField(label=_("Why"), max_length=200)


class SignForm(forms.Form):
    """The customer has signed."""

    signed_on = day_field(_("Signed on"))
    place = forms.CharField(label=_("Signed at"), max_length=60, required=False)
    file = forms.FileField(label=_("Signed mandate"), required=False)


class SettleForm(forms.Form):
    """The day on which the bank paid."""

    day = day_field(_("Paid on"))


class ReturnForm(forms.Form):
    """Why and when the bank did not pay a debit."""

    reason = forms.ChoiceField(label=_("Reason of the bank"))
    day = day_field(_("Day"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        from django.utils.translation import get_language

        super().__init__(*args, **kwargs)
        language = (get_language() or "fr")[:2]
        self.fields["reason"].choices = [(code, f"{code} · {words(code, language)}") for code in REASONS]


class CustomerForm(forms.Form):
    """Whose money it is."""

    customer = forms.ModelChoiceField(label=_("Customer"), queryset=Customer.objects.none())

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["customer"].queryset = visible_to(user, Customer).filter(active=True)


class SureForm(forms.Form):
    """How sure a proposal must be to be accepted with the others."""

    confidence = forms.ChoiceField(
        label=_("Accept the proposals"),
        choices=[("90", _("sure: 90 % and over")), ("75", _("likely: 75 % and over")), ("1", _("all of them"))],
        widget=forms.RadioSelect, initial="90",
        help_text=_("Those for which nobody was recognised still wait for you."),
    )  # fmt: skip


class RefundForm(forms.Form):
    """Money given back."""

    amount = MoneyField(label=_("Amount"))
    day = day_field(_("Day"))
    means = forms.ChoiceField(label=_("Means"), choices=Payment.Means.choices, initial=Payment.Means.TRANSFER)
    reference = forms.CharField(label=_("Reference"), max_length=60, required=False)


class InvoiceForm(forms.Form):
    """A number of invoice, and how much of it."""

    number = forms.CharField(label=_("Number of the invoice"), max_length=35)
    amount = MoneyField(label=_("Amount"), required=False, help_text=_("Empty: as much as possible."))


class NumberForm(forms.Form):
    """A number of invoice."""

    number = forms.CharField(label=_("Number of the invoice"), max_length=35)


class BankFileForm(forms.Form):
    """A file of the bank; whose account it is (asked of the house only)."""

    file = forms.FileField(
        label=_("File of the bank"),
        help_text=_("camt.053, camt.052, camt.054, pain.002 or a table (CSV), as the bank gave it."),
    )
    layout = forms.ModelChoiceField(
        label=_("Columns of the table"), queryset=BankLayout.objects.none(), required=False,
        empty_label=_("Recognised by themselves"), help_text=_("For a CSV alone."),
    )  # fmt: skip
    owner = forms.ModelChoiceField(
        label=_("Operator"), queryset=Operator.objects.none(), required=False, empty_label=_("The house")
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        layouts = visible_to(user, BankLayout)
        self.fields["layout"].queryset = layouts
        if not layouts.exists():
            del self.fields["layout"]
        self.fields["owner"].queryset = visible_to(user, Operator)
        if not is_house(user):
            del self.fields["owner"]


class MandateForm(forms.ModelForm):
    """A mandate. The account is typed in clear and never written back into the page."""

    iban = forms.CharField(
        label=_("IBAN"),
        max_length=42,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "ch-ref"}),
    )

    class Meta:
        model = Mandate
        fields = (
            "customer",
            "iban",
            "bic",
            "holder",
            "scheme",
            "rum",
            "signed_on",
            "signed_at_place",
            "notice_days",
            "is_one_off",
        )
        widgets = {"signed_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.pop("iban", None)
        if self.instance.pk:
            self.fields["customer"].disabled = True
        capitals(self.fields.values())
