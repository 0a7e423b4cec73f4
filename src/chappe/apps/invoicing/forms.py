"""Forms of invoicing: the mail of an invoice, the layout of a brand."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.customers.models import Brand
from chappe.core.einvoice.samples import SAMPLES

SAMPLE_LABELS = {
    "company": _("Company, subscriptions and calls"),
    "person": _("Private person"),
    "overseas": _("Overseas, 8.5 %"),
    "guyane": _("Guyane, no VAT"),
    "wholesale": _("Wholesale, reverse charge"),
    "credit-note": _("Credit note"),
    "direct-debit": _("Direct debit"),
    "nothing-due": _("Nothing to pay"),
    "prepaid": _("Paid in advance"),
    "mixed": _("Goods and services"),
    "sent-abroad": _("Goods sent to another state of the Union"),
    "sent-overseas": _("Goods sent overseas, exported"),
    "many": _("Many lines, several pages"),
    "english": _("In English"),
}
assert set(SAMPLE_LABELS) == set(SAMPLES)  # each sample has its label


class SendForm(forms.Form):
    """Who gets the invoice, and what the mail says."""

    to = forms.CharField(
        label=pgettext_lazy("recipients of a mail", "To"), help_text=_("Several addresses are parted by commas.")
    )
    subject = forms.CharField(label=_("Subject"), max_length=200)
    text = forms.CharField(label=_("Text"), widget=forms.Textarea(attrs={"rows": 9}))


class LayoutForm(forms.ModelForm):
    """What a brand puts on its documents; the picture beside follows as it is typed."""

    sample = forms.ChoiceField(label=_("Sample shown"), choices=SAMPLE_LABELS.items(), required=False)
    transfer_code = forms.BooleanField(
        label=_("Transfer code (QR)"),
        required=False,
        help_text=_("Banking applications read it and fill the transfer in."),
    )

    class Meta:
        model = Brand
        fields = ("colour", "accent", "header_text", "footer_text", "mail_subject", "mail_text")
        widgets = {
            "colour": forms.TextInput(attrs={"type": "color"}),
            "accent": forms.TextInput(attrs={"type": "color"}),
            "header_text": forms.Textarea(attrs={"rows": 2}),
            "footer_text": forms.Textarea(attrs={"rows": 2}),
            "mail_text": forms.Textarea(attrs={"rows": 6}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["transfer_code"].initial = (self.instance.layout or {}).get("transfer_code", True)
        self.fields["mail_text"].help_text = _(
            "May name {number}, {customer}, {seller}, {amount}, {due_date} and {period}. Empty: our text, in the customer’s language."
        )

    def clean_mail_text(self) -> str:
        """A brace left open would stop every mail of the brand."""
        text = self.cleaned_data["mail_text"]
        try:
            text.format_map(_Any())
        except (ValueError, IndexError, AttributeError, KeyError) as error:
            raise ValidationError(_("A brace { or } stands alone: write {{ or }} for a brace.")) from error
        return text


class _Any(dict):
    def __missing__(self, key: str) -> str:
        return ""
