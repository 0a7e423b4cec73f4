"""Why a customer is parked: codes and their sentences. A run bills the others all the same."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from chappe.apps.exchange.words import issue_sentence
from chappe.kit.ui import formats

#: Codes of billing; those of a customer or of a brand have their sentences in apps/customers/checks.py.
SENTENCES = {
    "price_missing": gettext_lazy("The product %(product)s has no price on %(day)s."),
    "no_brand": gettext_lazy("There is no seller’s identity to invoice under: make a brand, or a default one."),
    "vat_no_rate": gettext_lazy("No VAT rate is known for this customer: %(what)s."),
    "vat_unproved": gettext_lazy(
        "Services are sold for resale without the ARCEP declaration or the VAT number that the reverse charge needs."
    ),
    "negative_total": gettext_lazy(
        "More is given back than is billed, and no invoice that a credit note could amend is known:"
        " take the line out, or draw up a credit note on the invoice."
    ),
    "by_hand": gettext_lazy("Put aside by hand."),
}


def sentence_of(code: str, params: Mapping[str, Any]) -> str:
    """The reason in the reader's language; the code itself when it is no longer known."""
    if code.startswith("seller:"):
        return _("Seller’s identity: %(fault)s") % {"fault": issue_sentence(code.removeprefix("seller:"), params)}
    if code.startswith(("customer.", "brand.")):
        return issue_sentence(code, params)
    if code == "unrated_calls":
        count = int(params.get("count", 0))
        return ngettext("%(count)s call has no price.", "%(count)s calls have no price.", count) % {"count": count}
    sentence = SENTENCES.get(code)
    told = dict(params)
    if code == "price_missing":
        told["day"] = formats.day(dt.date.fromisoformat(str(told["day"])))
    return str(sentence) % told if sentence else _("Reason %(code)s") % {"code": code}
