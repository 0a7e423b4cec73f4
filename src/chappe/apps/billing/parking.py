"""Why a customer is parked: codes and their sentences. A run bills the others all the same."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

SENTENCES = {
    "no_address": gettext_lazy("The customer has no postal address: %(missing)s missing."),
    "bad_vat_number": gettext_lazy("The VAT number %(number)s does not exist: its key is wrong."),
    "bad_siren": gettext_lazy("The SIREN %(number)s does not exist: its last digit is wrong."),
    "unrated_calls": gettext_lazy("%(count)s calls have no price."),
    "price_missing": gettext_lazy("The product %(product)s has no price on %(day)s."),
    "no_brand": gettext_lazy("The customer has no seller’s identity to invoice under."),
    "brand_incomplete": gettext_lazy("The seller’s identity lacks: %(missing)s."),
    "vat_unknown": gettext_lazy("No VAT rule fits: %(why)s."),
    "reseller_unproven": gettext_lazy(
        "Wholesale services sold without a proof that the customer resells them: %(missing)s."
    ),
    "by_hand": gettext_lazy("Put aside by hand."),
}


def sentence_of(code: str, params: Mapping[str, Any]) -> str:
    """The reason in the reader's language; the code itself when it is no longer known."""
    sentence = SENTENCES.get(code)
    return str(sentence) % dict(params) if sentence else _("Reason %(code)s") % {"code": code}
